from django.db import connection

# The condition is asked again of each row once it is locked: one that was given more time
# meanwhile is left alone, and one that is being changed now is left to the next time.
EXPIRE = """
    WITH over AS MATERIALIZED (
        SELECT inventory_id FROM inventory_inventoryrecord
        WHERE expires < now() AND state <> 'expired'
        ORDER BY expires
        LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
    UPDATE inventory_inventoryrecord AS record SET state = 'expired'
    FROM over WHERE record.inventory_id = over.inventory_id
"""


def expire_inventory(limit: int) -> int:
    """Mark up to `limit` records as expired whose time is over, and return how many there were.

    Only the state is written: they count for nothing since their time was over, and keep their
    count. Any number of processes may do so at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE, [limit])
        return cursor.rowcount
