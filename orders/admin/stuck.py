"""What waits for people longer than it should: the cards of the start page, and a filter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from inventory.models import PlayerOrder
from orders.models import Mail, Order, OrderLine, Payment, WebhookDelivery
from orders.vocabulary import Dispute, PaymentStatus

# A scheduled job gives up what ran out, within a minute or so.
OVERDUE = timedelta(minutes=10)
UNSENT = timedelta(days=2)
LOOT_LATE = timedelta(minutes=1)
# A gateway that answers at all has answered by then; who pays on a page has given it up.
IN_FLIGHT = timedelta(minutes=15)
UNDELIVERED = timedelta(days=2)

Orders = QuerySet[Order]


@dataclass(frozen=True, slots=True)
class Stuck:
    """A reason to look at orders; `narrow` asks by an index."""

    key: str
    title: str
    note: str
    narrow: Callable[[Orders], Orders]


def overdue(orders: Orders) -> Orders:
    return orders.filter(expires_at__lt=timezone.now() - OVERDUE)


def unsent(orders: Orders) -> Orders:
    return orders.filter(
        status=Order.Status.RESERVED,
        display_status=Order.DisplayStatus.PENDING,
        delivery__captured_at__lt=timezone.now() - UNSENT,
        delivery__sent_at=None,
    )


def delayed(orders: Orders) -> Orders:
    return orders.filter(status=Order.Status.RESERVED, display_status=Order.DisplayStatus.DELAYED)


def undelivered(orders: Orders) -> Orders:
    late = timezone.now() - UNDELIVERED
    waiting = orders.filter(status=Order.Status.PROCESSING, updated_at__lt=late)
    return waiting.exclude(payment_status=PaymentStatus.REFUNDED)


def paid_back(orders: Orders) -> Orders:
    """Goods may still go out for nothing (DOMAIN 3.9), so only people know how they end."""
    return orders.filter(status=Order.Status.PROCESSING, payment_status=PaymentStatus.REFUNDED)


def in_flight(orders: Orders) -> Orders:
    late = timezone.now() - IN_FLIGHT
    waiting = Payment.objects.filter(ask_at__isnull=False, created_at__lt=late)
    return orders.filter(pk__in=waiting.values("order_id"))


def not_refunded(orders: Orders) -> Orders:
    return orders.filter(pk__in=Payment.objects.failed_refunds().values("order_id"))


def disputed(orders: Orders) -> Orders:
    theirs = Payment.objects.filter(dispute__in=[Dispute.OPEN, Dispute.LOST])
    # Of one that is lost the goods may still be kept back.
    urgent = theirs.filter(Q(dispute=Dispute.OPEN) | Q(order__status=Order.Status.PROCESSING))
    return orders.filter(pk__in=urgent.values("order_id"))


def without_loot(orders: Orders) -> Orders:
    waiting = PlayerOrder.objects.waiting().filter(created_time__lt=timezone.now() - LOOT_LATE)
    lines = OrderLine.objects.filter(player_order__in=waiting)
    return orders.filter(pk__in=lines.values("order_id"))


def without_all_loot(orders: Orders) -> Orders:
    outcomes = [PlayerOrder.Outcome.FAILED, PlayerOrder.Outcome.PARTLY]
    lines = OrderLine.objects.filter(player_order__outcome__in=outcomes)
    return orders.filter(status=Order.Status.COMPLETED, pk__in=lines.values("order_id"))


def untold(orders: Orders) -> Orders:
    given_up = WebhookDelivery.objects.filter(state=WebhookDelivery.State.FAILED)
    return orders.filter(pk__in=given_up.values("message__order_id"))


def unmailed(orders: Orders) -> Orders:
    given_up = Mail.objects.filter(state=Mail.State.FAILED)
    return orders.filter(pk__in=given_up.values("order_id"))


STUCK = (
    Stuck("overdue", "Not paid or used in time", "and not given up: is the beat running?", overdue),
    Stuck("unsent", "Not sent for two days", "address known, no tracking number", unsent),
    Stuck("delayed", "Delayed", "until a tracking number or an end comes", delayed),
    Stuck("undelivered", "Paid, not delivered for two days", "complete or cancel it", undelivered),
    Stuck("paid_back", "Paid back, not ended", "cancel it, or give the goods away", paid_back),
    Stuck(
        "in_flight",
        "Payment in flight for 15 minutes",
        "its fate is unknown",
        in_flight,
    ),
    Stuck("refund_failed", "Refund failed", "the buyer has not got the money", not_refunded),
    Stuck("disputed", "Payment disputed", "answer the bank; if lost, deliver nothing", disputed),
    Stuck("loot", "Loot not given", "acquired, and the player's inventory waits", without_loot),
    Stuck("loot_failed", "Loot failed", "paid for, and it could not be given", without_all_loot),
    Stuck("untold", "Webhook given up", "the establishment was not told", untold),
    Stuck("unmailed", "Mail given up", "the player was not told", unmailed),
)
BY_KEY = {each.key: each for each in STUCK}


def stuck_orders(key: str, orders: Orders) -> Orders:
    """Those of the orders that are stuck in this way; of none if there is no such way."""
    return BY_KEY[key].narrow(orders) if key in BY_KEY else orders.none()
