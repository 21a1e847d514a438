from collections.abc import Iterable
from uuid import UUID

from catalog.models import Product
from catalog.models.products import ProductQuerySet


def lock_products(
    product_ids: Iterable[UUID], *, among: ProductQuerySet | None = None
) -> dict[UUID, Product]:
    """Lock the rows, in the order of their ids, and return them as they are then.

    Only those `among` these products, which is asked of each row as it is under its lock.

    Stock is looked at and moved only under this lock; the row of the order comes before (DOMAIN
    4.4). It does not stand in the way of the foreign key check of a new row.
    """
    products = Product.objects.all() if among is None else among
    locked = products.select_for_update(no_key=True).filter(pk__in=product_ids)
    return {product.pk: product for product in locked.order_by("pk")}
