"""Finding orders by whatever a player or an establishment can quote.

Each way is one question by an index, asked one after the other, so that the list itself is asked by
keys only: an OR over several tables would read them whole.
"""

import re
from collections.abc import Iterable
from urllib.parse import parse_qs
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from catalog.models import Product
from config.admin import as_id, as_uuid
from orders.models import (
    Delivery,
    Order,
    OrderEvent,
    OrderLine,
    Payment,
    WebhookMessage,
)
from players.models import Establishment, Player

NAMED = 100  # as many people of one name, or parcels of one number, are looked at
LONGEST = 300
ITEM = re.compile("item_([0-9a-z]+)_[0-9]+")
BEGINNING = re.compile("[0-9a-fA-F]{6,31}")


def orders_found(term: str, *, openly: bool) -> Q:
    """The orders that the term names; by mail and name only where they may be seen `openly`."""
    if len(term) > LONGEST or "\0" in term:
        return of(())
    term = order_in(term)
    if (uuid := as_uuid(term)) is not None:
        return by_uuid(uuid)
    if "@" in term:
        return by_mail(term) if openly else of(())
    orders = {*by_text(term), *by_beginning(term)}
    players = set(Player.objects.filter(customer_code=term.lower()).values_list("pk", flat=True))
    if (number := as_id(term)) is not None:
        players.add(number)
    elif openly:
        players |= by_name(term)
    return of(orders, players)


def order_in(term: str) -> str:
    """The id where the term is the address of a delivery or payment page, else the term."""
    named = parse_qs(term.partition("?")[2])
    [order_id, *_] = named.get("transactionId") or named.get("orderId") or [term]
    return order_id


def of(orders: Iterable[int], players: Iterable[int] = ()) -> Q:
    """These orders, and all of these players; without a question where there are none."""
    found = Q(pk__in=list(orders))
    players = list(players)
    return found | Q(player_id__in=players) if players else found


def by_uuid(uuid: UUID) -> Q:
    """A transaction, an operation, a webhook message, a player, a product or an establishment."""
    keys: tuple[QuerySet, ...] = (
        Order.objects.filter(transaction_id=uuid).values_list("pk"),
        OrderEvent.objects.filter(operation_id=uuid).values_list("order_id"),
        WebhookMessage.objects.filter(uuid=uuid).values_list("order_id"),
    )
    for rows in keys:
        if found := rows.first():
            return of(found)
    if player := Player.objects.filter(uuid=uuid).first():
        return of((), [player.pk])
    if Product.objects.filter(pk=uuid).exists():
        return Q(product_id=uuid)
    if Establishment.objects.filter(pk=uuid).exists():
        return Q(establishment_id=uuid)
    return of(())


def by_text(term: str) -> list[int]:
    """By reference, code of the order, an item or a payment, tracking number, token of a page.

    Of a payment also by what its gateway calls it, which is as it is in capitals and small letters.
    """
    rows: tuple[QuerySet, ...] = (
        Order.objects.filter(code__in=codes_in(term.lower())).values_list("pk", flat=True),
        Order.objects.filter(reference__in={term, term.upper()}).values_list("pk", flat=True),
        Payment.objects.filter(code=term.lower()).values_list("order_id", flat=True),
        Payment.objects.filter(reference=term)
        .exclude(reference="")
        .values_list("order_id", flat=True),
        OrderLine.objects.filter(offer_id=term).order_by("-pk").values_list("order_id", flat=True),
        Delivery.objects.alias(number=Lower("tracking_number"))
        .filter(number=term.lower())
        .values_list("order_id", flat=True),
        Delivery.objects.filter(track_token=term.lower()).values_list("order_id", flat=True),
    )
    return [pk for found in rows for pk in found[:NAMED]]


def codes_in(term: str) -> set[str]:
    """The term as the code of an order, and that of the order whose item it is."""
    item = ITEM.fullmatch(term)
    return {term, f"ord_{item[1]}"} if item else {term}


def by_beginning(term: str) -> list[int]:
    """By the beginning of the transaction id: six digits of it, or more."""
    digits = term.replace("-", "")
    if not BEGINNING.fullmatch(digits):
        return []
    ends = [UUID(digits.ljust(32, last)) for last in "0f"]
    orders = Order.objects.filter(transaction_id__range=ends)
    return list(orders.values_list("pk", flat=True)[:NAMED])


def by_mail(term: str) -> Q:
    """Orders sent to the address, and those of the players who have it."""
    mail = term.lower()
    sent = Delivery.objects.alias(mail=Lower("email")).filter(mail=mail).exclude(email="")
    players = Player.objects.filter(email__in={term, mail}).values_list("pk", flat=True)
    return of(sent.order_by("-pk").values_list("order_id", flat=True)[:NAMED], players[:NAMED])


def by_name(term: str) -> set[int]:
    """Players whose names begin so: `John`, `Doe` or `John Doe`."""
    first, _, last = term.lower().partition(" ")
    players = Player.objects.alias(first=Lower("first_name"), last=Lower("last_name"))
    whole = Q(first__startswith=term.lower()) | Q(last__startswith=term.lower())
    if last:
        whole |= Q(first=first, last__startswith=last.strip())
    return set(players.filter(whole).values_list("pk", flat=True)[:NAMED])
