from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from orders.models import Order, WebhookEndpoint, WebhookMessage
from orders.retries import RETRIED_FOR

LIMIT = 1_000
# So long a history takes a tenth of a second where nothing of it is missed.
LOOKED_AT = 50_000
# A message counts where one of the endpoints has not got it, or where all are wanted again. What
# waits is on its way anyway.
MISSED = """
    SELECT message.id, message.created_at
    FROM orders_webhookmessage AS message
    WHERE message.establishment_id = %(establishment)s
        AND message.created_at >= %(since)s AND message.created_at < %(until)s
        AND (%(order)s::bigint IS NULL OR message.order_id = %(order)s)
        AND (%(everything)s OR EXISTS (
            SELECT FROM unnest(%(endpoints)s::uuid[]) AS endpoint (id)
            WHERE NOT EXISTS (
                SELECT FROM orders_webhookdelivery AS delivery
                WHERE delivery.message_id = message.id AND delivery.endpoint_id = endpoint.id
                    AND delivery.state <> 'failed')))
    ORDER BY message.created_at, message.id
    LIMIT %(limit)s
"""
SEND = """
    INSERT INTO orders_webhookdelivery AS delivery
        (message_id, endpoint_id, state, attempts_made, give_up_at, due_at, created_at)
    SELECT message.id, endpoint.id, 'waiting', 0, %(give_up_at)s, %(now)s, %(now)s
    FROM unnest(%(messages)s::bigint[]) WITH ORDINALITY AS message (id, place)
        CROSS JOIN unnest(%(endpoints)s::uuid[]) AS endpoint (id)
    ORDER BY message.place
    ON CONFLICT (message_id, endpoint_id) DO UPDATE
        SET state = 'waiting', due_at = EXCLUDED.due_at, give_up_at = EXCLUDED.give_up_at
        WHERE delivery.state = 'failed' OR %(everything)s AND delivery.state = 'delivered'
"""


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries wait now that did not; `next_since`: go on there, there may be more."""

    deliveries: int
    next_since: datetime | None


@transaction.atomic
def replay_webhooks(  # noqa: PLR0913 - what may be asked for
    *,
    establishment_id: UUID,
    since: datetime,
    until: datetime | None = None,
    transaction_id: UUID | None = None,
    endpoint_id: UUID | None = None,
    include_delivered: bool = False,
) -> Replayed:
    """Send to the endpoints that are on what they missed from `since` on, the oldest first.

    Missed is what was given up, or happened while an endpoint was off or not there. At most LIMIT
    messages at once, of LOOKED_AT, or of one order. Messages keep their ids and numbers. Locks the
    endpoints, after it has looked: what is recorded of their calls does not wait for that.
    """
    now = timezone.now()
    active = WebhookEndpoint.objects.filter(
        establishment_id=establishment_id, state=WebhookEndpoint.State.ACTIVE
    )
    if endpoint_id is not None:
        active = active.filter(pk=endpoint_id)
    endpoints = list(active.values_list("pk", flat=True))
    if not endpoints:
        return Replayed(0, None)
    asked: dict[str, Any] = {
        "establishment": establishment_id,
        "endpoints": endpoints,
        "since": since,
        "until": until or now,
        "everything": include_delivered,
    }
    messages, next_since = _missed(asked, transaction_id)
    locked = active.filter(pk__in=endpoints).select_for_update(no_key=True).order_by("pk")
    said: dict[str, Any] = {
        "messages": messages,
        "endpoints": list(locked.values_list("pk", flat=True)),
        "everything": include_delivered,
        "now": now,
        "give_up_at": now + RETRIED_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEND, said)
        return Replayed(cursor.rowcount, next_since)


def _missed(
    asked: dict[str, Any], transaction_id: UUID | None
) -> tuple[list[int], datetime | None]:
    """The messages, and where to go on if there may be more."""
    order = end = None
    if transaction_id is not None:
        named = Order.objects.filter(transaction_id=transaction_id)
        order = named.values_list("pk", flat=True).first()
        if order is None:
            return [], None
    else:
        history = WebhookMessage.objects.filter(
            establishment_id=asked["establishment"],
            created_at__gte=asked["since"],
            created_at__lt=asked["until"],
        )
        moments = history.order_by("created_at").values_list("created_at", flat=True)
        end = moments[LOOKED_AT : LOOKED_AT + 1].first()
    until = end or asked["until"]
    more = {"order": order, "until": until, "limit": LIMIT}
    with connection.cursor() as cursor:
        cursor.execute(MISSED, asked | more)
        found = cursor.fetchall()
    messages = [each for each, _ in found]
    return messages, found[-1][1] if len(found) == LIMIT else end
