import re

from django.template.loader import render_to_string
from django.utils import timezone

from orders.explanations import why_cancelled, why_delayed
from orders.models import Mail, Order
from orders.vocabulary import Announced, Reason

SUBJECT_LENGTH = 200
NAME_LENGTH = 60
# What programs for mail make a link of, with or without a scheme.
LINK = re.compile(r"://|www\.|\w\.\w", re.IGNORECASE)
TEMPLATES = {
    Announced.SENT: "mail/sent.txt",
    Announced.DELAYED: "mail/delayed.txt",
    Announced.CANCELLED: "mail/cancelled.txt",
    Announced.ACQUIRED: "mail/acquired.txt",
}


def write_mail(order: Order, event: Announced, *, reason: Reason | str = "") -> Mail | None:
    """Tell the player by mail, from a row of this transaction; not of what has just been created.

    Nothing is written where no address is known. A template begins with the subject and an empty
    line.
    """
    template, to = TEMPLATES.get(event), address_of(order)
    if template is None or not to:
        return None
    text = render_to_string(
        template,
        {
            "order": order,
            "delivery": getattr(order, "delivery", None),
            "name": first_name_of(order),
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


def address_of(order: Order) -> str:
    """Where mail about the order goes: the address given with it, else the player's."""
    delivery = getattr(order, "delivery", None)
    return (delivery.email if delivery else "") or order.player.email


def first_name_of(order: Order) -> str:
    """In one short line; none if it leads somewhere: players write it, to any address."""
    delivery = getattr(order, "delivery", None)
    name = (delivery.first_name if delivery else "") or order.player.first_name
    return "" if LINK.search(name) else " ".join(name.split())[:NAME_LENGTH].rstrip()
