"""Sales as the services make them, for tests that begin with one."""

from orders.services.create_sale import ItemDraft, SaleDraft, create_sale
from tests.factories import EstablishmentFactory, OfferFactory, PlayerFactory

BY = "key:1"


def a_customer(**fields):
    """A player with a customer code, of an establishment."""
    fields.setdefault("establishment", None)
    establishment = fields.pop("establishment") or EstablishmentFactory()
    fields.setdefault("customer_code", f"cust_{establishment.pk.hex[:12]}")
    return PlayerFactory(establishment=establishment, **fields)


def draft_of(*offers, quantity=1, **fields):
    """What orders so many units of each offer, at its price, through the sandbox."""
    items = [
        ItemDraft(offer_id=offer.pk, quantity=quantity, price=offer.base_price) for offer in offers
    ]
    fields = {"payment_method": "credit_card", "gateway_id": "sandbox", **fields}
    return SaleDraft(items=items, **fields)


def a_sale(*offers, customer=None, quantity=1, by=BY, **fields):
    """A sale that waits for its payment: of a new customer and a new offer, if not said."""
    customer = customer or a_customer()
    draft = draft_of(*(offers or [OfferFactory()]), quantity=quantity, **fields)
    return create_sale(player=customer, draft=draft, by=by)
