from orders.models import Order, OrderEvent
from orders.services.announce_order import announce_order
from orders.services.record_event import record_event
from orders.vocabulary import Announced, PaymentStatus


def process_free_sale(order: Order, *, by: str) -> None:
    """Go on with a sale that costs nothing, or nothing any more (DOMAIN 3.3).

    It is told as paid. The caller holds the order's lock, and saves it after.
    """
    before = {"status": order.status, "payment_status": order.payment_status}
    order.payment_status = PaymentStatus.COMPLETED
    order.process()
    record_event(
        order,
        OrderEvent.Kind.STATUS,
        by=by,
        note="There is nothing to pay",
        before=before,
        after={"status": order.status, "payment_status": order.payment_status},
    )
    announce_order(order, Announced.PAID)
