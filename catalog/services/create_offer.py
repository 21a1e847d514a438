from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from catalog.errors import ProductUnknown
from catalog.models import Offer, Product
from catalog.models.products import new_offer_id

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDraft:
    """What is to be offered. Without a name it has the product's."""

    product_id: UUID
    base_price: Decimal
    currency: str
    billing_cycle: Offer.BillingCycle
    status: Offer.Status
    name: str = ""
    description: str = ""
    group_id: str = ""
    attributes: dict[str, Any]


@transaction.atomic
def create_offer(
    draft: OfferDraft, *, establishment_id: UUID | None, by: str, offer_id: str | None = None
) -> Offer:
    """Put a price on a product.

    An establishment offers its own products only; without one, all can be named: refused with
    ProductUnknown. An id that is there already gives that offer as it is.
    """
    products = Product.objects.filter(pk=draft.product_id)
    if establishment_id is not None:
        products = products.filter(establishment=establishment_id)
    product = products.first()
    if product is None:
        raise ProductUnknown(f"There is no product {draft.product_id}")
    offer, is_new = Offer.objects.get_or_create(
        pk=offer_id or new_offer_id(),
        defaults={
            "product": product,
            "name": draft.name or product.name,
            "description": draft.description,
            "base_price": draft.base_price,
            "currency": draft.currency,
            "billing_cycle": draft.billing_cycle,
            "group_id": draft.group_id,
            "attributes": draft.attributes,
            "status": draft.status,
        },
    )
    if is_new:
        logger.info("offer_created", offer=offer.pk, product=str(product.pk), by=by)
    return offer
