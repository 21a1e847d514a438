from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from orders.models import WebhookEndpoint
from orders.retries import RETRIED_FOR

LIMIT = 1_000
# A message counts where one of the endpoints has not got it, or where all are wanted again. What
# waits is on its way anyway.
REPLAY = """
    WITH wanted AS (
        SELECT message.id, message.created_at
        FROM orders_webhookmessage AS message
        WHERE message.establishment_id = %(establishment)s
            AND message.created_at >= %(since)s AND message.created_at < %(until)s
            AND (%(order)s::uuid IS NULL OR message.order_id =
                (SELECT id FROM orders_order WHERE transaction_id = %(order)s))
            AND (%(everything)s OR EXISTS (
                SELECT FROM unnest(%(endpoints)s::uuid[]) AS endpoint (id)
                WHERE NOT EXISTS (
                    SELECT FROM orders_webhookdelivery AS delivery
                    WHERE delivery.message_id = message.id AND delivery.endpoint_id = endpoint.id
                        AND delivery.state <> 'failed')))
        ORDER BY message.created_at, message.id
        LIMIT %(limit)s
    ), sent AS (
        INSERT INTO orders_webhookdelivery AS delivery
            (message_id, endpoint_id, state, attempts_made, give_up_at, due_at, created_at)
        SELECT wanted.id, endpoint.id, 'waiting', 0, %(give_up_at)s, %(now)s, %(now)s
        FROM wanted CROSS JOIN unnest(%(endpoints)s::uuid[]) AS endpoint (id)
        ORDER BY wanted.created_at, wanted.id
        ON CONFLICT (message_id, endpoint_id) DO UPDATE
            SET state = 'waiting', due_at = EXCLUDED.due_at, give_up_at = EXCLUDED.give_up_at
            WHERE delivery.state = 'failed' OR %(everything)s AND delivery.state = 'delivered'
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM sent), count(*), max(created_at) FROM wanted
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
    messages at once. Messages keep their ids and numbers. Locks the endpoints.
    """
    now = timezone.now()
    active = WebhookEndpoint.objects.filter(
        establishment_id=establishment_id, state=WebhookEndpoint.State.ACTIVE
    )
    if endpoint_id is not None:
        active = active.filter(pk=endpoint_id)
    endpoints = list(
        active.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True)
    )
    if not endpoints:
        return Replayed(0, None)
    values: dict[str, Any] = {
        "establishment": establishment_id,
        "endpoints": endpoints,
        "since": since,
        "until": until or now,
        "order": transaction_id,
        "everything": include_delivered,
        "limit": LIMIT,
        "now": now,
        "give_up_at": now + RETRIED_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(REPLAY, values)
        [deliveries, messages, last] = cursor.fetchone()
    return Replayed(deliveries, last if messages == LIMIT else None)
