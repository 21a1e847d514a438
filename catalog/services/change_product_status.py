from collections.abc import Callable

import structlog
from django_fsm import can_proceed

from catalog.errors import ProductStatusUnreachable
from catalog.models import Product
from catalog.services.lock_products import lock_products
from players.services.lock_player import waiting_briefly

logger = structlog.get_logger(__name__)

STEPS: dict[str, Callable[[Product], None]] = {
    Product.Status.ACTIVE: Product.activate,
    Product.Status.PAUSED: Product.pause,
    Product.Status.RETIRED: Product.retire,
}


@waiting_briefly()
def change_product_status(*, product: Product, status: str, by: str) -> Product:
    """Offer the product, pause it or retire it. What it is already it stays: twice is harmless.

    Locks the product. Refused with ProductStatusUnreachable, and PlayerBusy where the lock is not
    free in time.
    """
    product = lock_products([product.pk])[product.pk]
    before = product.status
    if before != status:
        move_to_status(product, status)
        product.save(update_fields=["status"])
        logger.info(
            "product_status_changed", product=str(product.pk), before=before, after=status, by=by
        )
    return product


def move_to_status(product: Product, status: str) -> None:
    """Take the one step there; the caller holds the product's lock, and saves it after."""
    if why_not := why_not_status(product, status):
        raise ProductStatusUnreachable(why_not)
    STEPS[status](product)


def why_not_status(product: Product, status: str) -> str:
    """Why the product cannot become this, or is it already; empty where it can."""
    step = STEPS.get(status)
    if step is not None and can_proceed(getattr(product, step.__name__)):
        return ""
    if product.status == status:
        return f"The product is {named(status)} already."
    now, then = named(product.status), named(status)
    return f"The product is {now}: it cannot become {then}."


def named(status: str) -> str:
    """The status in a word, as a person says it."""
    return str(Product.Status(status).label).partition(":")[0].lower()
