"""Count again the days whose sales have changed, and keep what they come to.

A day that no `SaleChange` names is as it was counted. A fold takes the changes that it sees before
it counts; what is committed later leaves a change that stays, and the day is counted again.
"""

from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.utils import timezone

from inventory.services.database import ask
from orders.models.metrics import SaleTotal
from orders.services.recount_sales import CELL, EARNING, SALES, cells_of

# Apart from the locks of others on one number.
LOCK_CLASS = 5
MONTHS = """
    SELECT DISTINCT date_trunc('month', day)::date FROM orders_salechange
    WHERE day < %(today)s ORDER BY 1
"""
OPEN_MONTHS = """
    SELECT DISTINCT date_trunc('month', day)::date FROM orders_salechange
    WHERE day >= %(today)s ORDER BY 1
"""
TAKE = """
    WITH taken AS (
        DELETE FROM orders_salechange
        WHERE day >= %(month)s AND day < %(month)s + interval '1 month' AND day < %(today)s
        RETURNING day
    )
    SELECT DISTINCT day FROM taken ORDER BY day
"""
FORGET_DAYS = "DELETE FROM orders_saletotal WHERE period = 'day' AND begins = ANY(%(days)s)"
COUNT_DAYS = f"""
    WITH open_day AS (SELECT unnest(%(days)s::date[]) AS day),
    sale AS ({SALES}),
    cell ({CELL}) AS ({cells_of(SaleTotal.Dimension)})
    INSERT INTO orders_saletotal
        (period, begins, establishment_id, dimension, key, currency, orders, revenue)
    SELECT 'day', day, establishment_id, dimension, key, currency, sum(orders), sum(revenue)
    FROM cell
    GROUP BY GROUPING SETS (
        (day, dimension, key, currency, establishment_id), (day, dimension, key, currency)
    )
    HAVING establishment_id IS NOT NULL OR GROUPING(establishment_id) = 1
"""  # noqa: S608 - of constants
FORGET_MONTH = "DELETE FROM orders_saletotal WHERE period = 'month' AND begins = %(month)s"
SUM_MONTH = """
    INSERT INTO orders_saletotal
        (period, begins, establishment_id, dimension, key, currency, orders, revenue)
    SELECT 'month', %(month)s, establishment_id, dimension, key, currency, sum(orders), sum(revenue)
    FROM orders_saletotal
    WHERE period = 'day' AND begins >= %(month)s AND begins < %(month)s + interval '1 month'
    GROUP BY establishment_id, dimension, key, currency
"""
# Of an open day one change says as much as a thousand.
KEEP_ONE = """
    DELETE FROM orders_salechange AS older
    WHERE day >= %(today)s AND day >= %(month)s AND day < %(month)s + interval '1 month'
        AND id < (SELECT max(id) FROM orders_salechange AS newest WHERE newest.day = older.day)
"""


def fold_sales(*, now: datetime | None = None) -> int:
    """Fold the days before today (UTC) that have changed, and return how many there were.

    A month is one transaction, under an advisory lock: one that is killed has done nothing, and a
    month that somebody else is folding is passed over. It waits for nobody, and nobody for it.
    """
    today = (now or timezone.now()).astimezone(UTC).date()
    folded = 0
    for (month,) in ask(MONTHS, {"today": today}):
        folded += _fold(month, today)
    for (month,) in ask(OPEN_MONTHS, {"today": today}):
        _keep_one_change_a_day(month, today)
    return folded


@transaction.atomic
def _fold(month: date, today: date) -> int:
    if not _lock(month):
        return 0
    days = [day for (day,) in ask(TAKE, {"month": month, "today": today})]
    if days:
        count = {"days": days, "establishment": None, "currency": None, "earning": [*EARNING]}
        with connection.cursor() as cursor:
            cursor.execute(FORGET_DAYS, {"days": days})
            cursor.execute(COUNT_DAYS, count)
            cursor.execute(FORGET_MONTH, {"month": month})
            cursor.execute(SUM_MONTH, {"month": month})
    return len(days)


@transaction.atomic
def _keep_one_change_a_day(month: date, today: date) -> None:
    # Under the lock: a fold that takes the change that is kept must see those that are not.
    if _lock(month):
        with connection.cursor() as cursor:
            cursor.execute(KEEP_ONE, {"month": month, "today": today})


def _lock(month: date) -> bool:
    number = month.year * 12 + month.month
    [(is_mine,)] = ask("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_CLASS, number])
    return bool(is_mine)
