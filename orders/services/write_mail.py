import re

from django.template.loader import render_to_string
from django.utils import timezone

from orders.explanations import why_cancelled, why_delayed
from orders.models import Mail, Order, OrderLine
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


def write_mail(order: Order, event: Announced, *, reason: Reason | str = "") -> Mail | None:
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
            "items": _items(order) if order.is_sale else [],
            "charged": shown_money(order.charged, order.currency),
            "refunded": shown_money(order.refunded, order.currency),
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


def _items(order: Order) -> list[str]:
    """What is sold and not cancelled, each in one line."""
    lines = [line for line in order.lines.all() if line.status != OrderLine.Status.CANCELLED]
    lines.sort(key=lambda line: line.position)
    return [" ".join(str(line).split()) for line in lines]


def address_of(order: Order) -> str:
    """Where mail about the order goes: the address given with it, else the player's."""
    delivery = getattr(order, "delivery", None)
    return (delivery.email if delivery else "") or order.player.email


def first_name_of(order: Order) -> str:
    """In one short line; none if it leads somewhere: players write it, to any address."""
    delivery = getattr(order, "delivery", None)
    name = (delivery.first_name if delivery else "") or order.player.first_name
    return "" if LINK.search(name) else " ".join(name.split())[:NAME_LENGTH].rstrip()
