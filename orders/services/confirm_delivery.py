import hashlib
import json
from collections.abc import Mapping

from orders.errors import OrderMoved, WrongState
from orders.models import Order
from orders.models.deliveries import RECIPIENT
from orders.services.capture_delivery import capture_delivery
from orders.services.lock_order import lock_order
from orders.services.record_event import attempt
from orders.services.update_details import update_details


def confirm_delivery(*, order: Order, typed: Mapping[str, str], seen: str, by: str) -> Order:
    """Store what the player typed on the delivery page, by the names of Delivery's fields.

    The first time it captures the delivery; later it corrects it. `seen` is what `fingerprint` said
    of the order that was shown: where that is another now, OrderMoved. What is stored just so
    already is not stored again, so a form that is sent twice does nothing twice. Refused with
    WrongState as `why_not_confirmed` says, and as the two services refuse that it stands on.
    """
    with attempt(order, "Confirm the delivery details", by=by):
        order = lock_order(order.pk)
        if is_stored(order, typed):
            return order
        if refusal := why_not_confirmed(order):
            raise WrongState(refusal)
        if fingerprint(order) != seen:
            raise OrderMoved("The delivery details have been changed meanwhile.")
        if order.delivery.captured_at:
            return update_details(order=order, changes=typed, by=by)
        return capture_delivery(order=order, overrides=typed, by=by)


def why_not_confirmed(order: Order) -> str:
    """Why the player cannot type the delivery details (now); empty where that is possible."""
    if order.status != Order.Status.RESERVED:
        return f"The order is {order.get_status_display().lower()}."
    if order.delivery.tracking_number:
        return "The order has been sent."
    return ""


def is_stored(order: Order, typed: Mapping[str, str]) -> bool:
    """Whether the delivery was captured, and says all of it already."""
    delivery = order.delivery
    return bool(delivery.captured_at) and {name: getattr(delivery, name) for name in typed} == dict(
        typed
    )


def fingerprint(order: Order) -> str:
    """What the player was shown of the order, in short: it changes when any of that changes."""
    delivery = order.delivery
    shown = [
        order.display_status,
        delivery.tracking_number,
        str(delivery.captured_at),
        *(getattr(delivery, name) for name in RECIPIENT),
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()
