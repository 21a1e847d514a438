from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from orders.errors import TooManyOrders
from orders.models import BulkCancellation, Order
from players.models import User

MOST = 100_000
# In the order of the list: the first rows are those that staff have seen.
ADD_ROWS = """
    INSERT INTO orders_bulkcancellationrow (bulk_id, order_id, state, said, seen, back)
    SELECT %s, matching.id, 'waiting', '', '', 0
    FROM ({matching}) AS matching
    ORDER BY matching.id DESC
"""


@transaction.atomic
def freeze_bulk_cancellation(
    *, orders: QuerySet[Order], query: str, owner: User, operation_id: UUID
) -> BulkCancellation:
    """Settle which orders are to be cancelled alike: those that match now, and no others later.

    Nothing of them is locked or changed. Asked twice with one operation id, it is settled once.
    Refused with TooManyOrders beyond MOST of them.
    """
    bulk, is_new = BulkCancellation.objects.get_or_create(
        operation_id=operation_id, owner=owner, defaults={"query": query[:1_000], "size": 0}
    )
    if not is_new:
        return bulk
    matching, params = orders.order_by("-pk").values("id")[: MOST + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(ADD_ROWS.format(matching=matching), [bulk.pk, *params])
        bulk.size = cursor.rowcount
    if bulk.size > MOST:
        raise TooManyOrders(f"More than {MOST:,} orders match. Narrow the list.")
    bulk.save(update_fields=["size"])
    return bulk
