"""What waits for workers, and how late they are: cheap questions, however much it is."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

COUNTED = 10_000

# Reads only partial indexes of what waits, and of those no more than is counted. A webhook is late
# from when its endpoint could be called: while one does not answer, nobody is late.
QUESTION = """
    SELECT 'reservations', count(*), coalesce(now() - min(due_at), '0')
    FROM (
        SELECT expires_at AS due_at FROM orders_order WHERE expires_at <= now()
        ORDER BY expires_at LIMIT %(counted)s
    ) AS overdue
    UNION ALL
    SELECT 'webhooks', count(*), coalesce((
        SELECT max(now() - greatest(endpoint.free_at, due.first))
        FROM orders_webhookendpoint AS endpoint CROSS JOIN LATERAL (
            SELECT min(due_at) AS first FROM orders_webhookdelivery
            WHERE endpoint_id = endpoint.id AND due_at <= now()
        ) AS due
        WHERE endpoint.state = 'active' AND endpoint.free_at <= now() AND due.first IS NOT NULL
    ), '0')
    FROM (
        SELECT FROM orders_webhookdelivery WHERE due_at IS NOT NULL LIMIT %(counted)s
    ) AS waiting
    UNION ALL
    SELECT 'mail', count(*), coalesce((
        SELECT now() - min(due_at) FROM orders_mail WHERE due_at <= now()
    ), '0')
    FROM (SELECT FROM orders_mail WHERE due_at IS NOT NULL LIMIT %(counted)s) AS waiting
    UNION ALL
    SELECT 'payments', count(*), coalesce((
        SELECT now() - min(ask_at) FROM orders_payment WHERE ask_at <= now()
    ), '0')
    FROM (SELECT FROM orders_payment WHERE ask_at IS NOT NULL LIMIT %(counted)s) AS waiting
    UNION ALL
    SELECT 'exports', count(*), coalesce((
        SELECT now() - min(due_at) FROM orders_export WHERE due_at <= now()
    ), '0')
    FROM (SELECT FROM orders_export WHERE due_at IS NOT NULL LIMIT %(counted)s) AS waiting
"""
# Payments in flight that no checkout keeps waiting are few: the oldest of them needs no index.
PAYMENTS_QUESTION = """
    SELECT
        coalesce((
            SELECT extract(epoch FROM now() - min(created_at))
            FROM (
                SELECT created_at FROM orders_payment
                WHERE ask_at IS NOT NULL AND (kind = 'refund' OR token_end <> '')
                LIMIT %(counted)s
            ) AS unknown
        ), 0),
        (
            SELECT count(*) FROM (
                SELECT FROM orders_payment AS payment
                JOIN orders_order AS "order" ON "order".id = payment.order_id
                WHERE payment.kind = 'refund' AND payment.status = 'failed'
                AND "order".charged >= "order".refunded + payment.amount
                LIMIT %(counted)s
            ) AS failed
        )
"""


@dataclass(frozen=True, slots=True)
class Backlog:
    """`waiting` stops at COUNTED. `late`: how long ago the first could have been done."""

    name: str
    waiting: int
    late: timedelta


def read_backlogs(cursor: Cursor | CursorWrapper) -> list[Backlog]:
    """Of orders that ran out, of webhooks, of mail, of payments whose gateway is to be asked."""
    cursor.execute(QUESTION, {"counted": COUNTED})
    return [Backlog(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What needs people: `unknown_seconds`, the oldest payment whose fate nobody knows."""

    unknown_seconds: float
    failed_refunds: int


def read_trouble_with_payments(cursor: Cursor | CursorWrapper) -> Trouble:
    """Payments are left out that wait for a buyer; `failed_refunds` stops at COUNTED."""
    cursor.execute(PAYMENTS_QUESTION, {"counted": COUNTED})
    unknown, failed = cursor.fetchone() or (0, 0)
    return Trouble(float(unknown), failed)
