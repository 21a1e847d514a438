from collections.abc import Mapping
from uuid import UUID

from orders.errors import DeliveryIncomplete, NothingChanged, WrongState
from orders.models import Delivery, Order, OrderEvent
from orders.models.deliveries import shown_field
from orders.services.ask_one_line import ask_one_line
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event

REQUIRED = "This field is required."


def update_details(
    *, order: Order, changes: Mapping[str, str], by: str, operation_id: UUID | None = None
) -> Order:
    """Change where the order goes, and to whom: the fields that are given, by their names.

    While it is reserved (DOMAIN 1.4 #4); what is set already is no change, and not told. Once the
    details are captured, what shipping needs cannot be emptied. Refused with NothingChanged,
    WrongState, NotOneLine, DeliveryIncomplete.
    """
    if not changes:
        raise NothingChanged("No details were given")
    with attempt(order, "Change the details", by=by):
        order = lock_order(order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.DETAILS):
            return order
        if why_not := why_not_updated(order):
            raise WrongState(why_not)
        delivery = order.delivery
        before, after = change_recipient(delivery, changes)
        if delivery.captured_at:
            ask_whether_complete(order)
        if after:
            record_event(
                order,
                OrderEvent.Kind.DETAILS,
                by=by,
                before=before,
                after=after,
                operation_id=operation_id,
            )
            delivery.save(update_fields=[*after])
            order.save(update_fields=["last_event", "updated_at"])
    return order


def why_not_updated(order: Order) -> str:
    """Why the details cannot be changed now; empty where they can."""
    if order.status != Order.Status.RESERVED:
        return f"Details can be changed while the order is reserved; it is {order.status}."
    return ""


def change_recipient(
    delivery: Delivery, changes: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Set the fields, and tell those that differ: as they were, and as they are. Not saved.

    Refused with NotOneLine.
    """
    ask_one_line(**changes)
    after = {name: text for name, text in changes.items() if getattr(delivery, name) != text}
    before = {name: getattr(delivery, name) for name in after}
    for name, text in after.items():
        setattr(delivery, name, text)
    return before, after


def ask_whether_complete(order: Order) -> None:
    """Refuse with DeliveryIncomplete, by field, what cannot be shipped (DOMAIN 1.6.3)."""
    if not order.is_digital and (missing := order.delivery.missing):
        names = ", ".join(shown_field(name).lower() for name in missing)
        raise DeliveryIncomplete(
            f"The delivery details are incomplete: {names}",
            **{name: [REQUIRED] for name in missing},
        )
