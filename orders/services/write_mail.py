import re

from django.db.models import Sum
from django.template.loader import render_to_string
from django.utils import timezone

from orders.explanations import why_cancelled, why_delayed
from orders.models import Mail, Order, OrderLine, Payment
from orders.services.shown_amounts import shown_money
from orders.vocabulary import Announced, Reason

SUBJECT_LENGTH = 200
NAME_LENGTH = 60
# What programs for mail make a link of, with or without a scheme.
LINK = re.compile(r"://|www\.|\w\.\w", re.IGNORECASE)
TEMPLATES = {
    Order.Kind.REWARD: {
        Announced.SENT: "mail/sent.txt",
        Announced.DELAYED: "mail/delayed.txt",
        Announced.CANCELLED: "mail/cancelled.txt",
        Announced.ACQUIRED: "mail/acquired.txt",
    },
    Order.Kind.SALE: {
        Announced.PAID: "mail/sale_paid.txt",
        Announced.COMPLETED: "mail/sale_completed.txt",
        Announced.CANCELLED: "mail/sale_cancelled.txt",
        Announced.REFUNDED: "mail/sale_refunded.txt",
    },
}


def write_mail(
    order: Order, event: Announced, *, reason: Reason | str = "", refund: Payment | None = None
) -> Mail | None:
    """Tell the player by mail, from a row of this transaction; not of what has just been created.

    Nothing is written where no address is known. A template begins with the subject and an empty
    line.
    """
    template, to = TEMPLATES[Order.Kind(order.kind)].get(event), address_of(order)
    if template is None or not to:
        return None
    text = render_to_string(
        template,
        {
            "order": order,
            "delivery": getattr(order, "delivery", None),
            "name": first_name_of(order),
            "items": _items(order, event) if order.is_sale else [],
            "charged": shown_money(order.charged, order.currency),
            "refunded": shown_money(order.refunded, order.currency),
            **(_of_refund(order, refund) if refund else {}),
            "why": why_delayed(reason) if event == Announced.DELAYED else why_cancelled(reason),
        },
    )
    subject, _, body = text.partition("\n\n")
    now = timezone.now()
    return Mail.objects.create(
        order=order,
        event=event,
        to=to,
        subject=" ".join(subject.split())[:SUBJECT_LENGTH],
        body=body.strip() + "\n",
        created_at=now,
        due_at=now,
    )


def _items(order: Order, event: Announced) -> list[str]:
    """What a mail is about, each in one line: a refund names its own item, if it is for one."""
    if event == Announced.REFUNDED:
        return []
    is_over = event == Announced.CANCELLED
    lines = [
        line for line in order.lines.all() if is_over or line.status != OrderLine.Status.CANCELLED
    ]
    lines.sort(key=lambda line: line.position)
    return [_shown(line) for line in lines]


def _shown(line: OrderLine) -> str:
    return " ".join(str(line).split())


def _of_refund(order: Order, refund: Payment) -> dict[str, object]:
    """How much comes back by this refund, and how much by all that are done; for which item."""
    done = order.payments.filter(kind=Payment.Kind.REFUND, status=Payment.Status.COMPLETED)
    in_all = done.aggregate(Sum("amount"))["amount__sum"]
    line = refund.line
    return {
        "now": shown_money(refund.amount, order.currency),
        "in_all": shown_money(in_all, order.currency),
        "is_all": refund.amount == order.charged,
        "item": _shown(line) if line else "",
        "is_cancelled": line is not None and line.status == OrderLine.Status.CANCELLED,
    }


def address_of(order: Order) -> str:
    """Where mail about the order goes: the address given with it, else the player's."""
    delivery = getattr(order, "delivery", None)
    return (delivery.email if delivery else "") or order.player.email


def first_name_of(order: Order) -> str:
    """In one short line; none if it leads somewhere: players write it, to any address."""
    delivery = getattr(order, "delivery", None)
    name = (delivery.first_name if delivery else "") or order.player.first_name
    return "" if LINK.search(name) else " ".join(name.split())[:NAME_LENGTH].rstrip()
