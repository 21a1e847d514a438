from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from uuid import UUID

from django.db.models import TextChoices
from django.utils import timezone

from inventory.services.database import ask
from orders.errors import MetricsPeriodInvalid
from orders.models.metrics import SaleTotal
from orders.models.orders import Order
from orders.services.recount_sales import CELL, EARNING, EARNS, SALES, cells_of
from orders.vocabulary import PENDING

DEFAULT_DAYS = 30
# Nothing was sold before or after: dates that can be reckoned with.
EARLIEST, LATEST = date(1970, 2, 1), date(9998, 12, 31)
# Of customers, offers and payment methods there may be millions: the answer has those that earn
# most.
MOST_GROUPS = 1_000
CENT = Decimal("0.01")
STATUS = SaleTotal.Dimension.STATUS
# What a report says of a status (DOMAIN 3.2, 3.5).
REPORTED_AS = {
    **dict.fromkeys(Order.UNENDED, PENDING),
    Order.Status.COMPLETED: "completed",
    Order.Status.REFUNDED: "completed",
    Order.Status.CANCELLED: "cancelled",
}


class GroupBy(TextChoices):
    DAY = "day", "Day"
    WEEK = "week", "Week, by its Monday"
    MONTH = "month", "Month"
    STATUS = "status", "Status"
    CUSTOMER = "customer", "Customer"
    OFFER = "offer", "Offer"
    PAYMENT_METHOD = "paymentMethod", "Payment method"


# What a group is in the rows of totals, and the dimension of these rows.
PARTS = {
    None: ("NULL", STATUS),
    GroupBy.DAY: ("to_char(day, 'YYYY-MM-DD')", STATUS),
    GroupBy.WEEK: ("to_char(date_trunc('week', day), 'YYYY-MM-DD')", STATUS),
    GroupBy.MONTH: ("to_char(day, 'YYYY-MM')", STATUS),
    GroupBy.STATUS: ("NULL", STATUS),
    GroupBy.OFFER: ("NULL", SaleTotal.Dimension.OFFER),
    GroupBy.PAYMENT_METHOD: ("NULL", SaleTotal.Dimension.PAYMENT_METHOD),
}
LONG = (GroupBy.CUSTOMER, GroupBy.OFFER, GroupBy.PAYMENT_METHOD)
# One statement, so one snapshot: what a fold or an order commits meanwhile is in all of it or in
# nothing. Whole months are read as such, unless a day of them is to be counted; `piece` is the
# rest. That the open days are BETWEEN two lets the planner expect few: then it hashes the groups.
TOTALS = """
    WITH RECURSIVE changed (day) AS (
        SELECT min(day) FROM orders_salechange WHERE day >= %(start)s
        UNION ALL
        SELECT (SELECT min(day) FROM orders_salechange WHERE day > changed.day)
        FROM changed WHERE changed.day < %(end)s
    ),
    open_day AS MATERIALIZED (SELECT day FROM changed WHERE day BETWEEN %(start)s AND %(end)s),
    open_month AS MATERIALIZED (
        SELECT DISTINCT date_trunc('month', day)::date AS month FROM open_day
        WHERE day BETWEEN %(months_from)s AND %(months_to)s
    ),
    piece (first, last) AS (
        VALUES (%(start)s::date, %(head_to)s::date), (%(tail_from)s, %(end)s)
        UNION ALL
        SELECT month, (month + interval '1 month - 1 day')::date FROM open_month
    ),
    sale AS ({sales}),
    cell ({columns}) AS ({cells}),
    total (dimension, day, key, currency, orders, revenue) AS (
        SELECT dimension, begins, key, currency, orders, revenue
        FROM orders_saletotal
        WHERE period = 'month' AND dimension = ANY(%(dimensions)s) AND {whose}
            AND begins BETWEEN %(months_from)s AND %(months_to)s
            AND begins NOT IN (SELECT month FROM open_month)
        UNION ALL
        SELECT dimension, begins, key, currency, orders, revenue
        FROM piece
        JOIN orders_saletotal ON begins BETWEEN piece.first AND piece.last
        WHERE period = 'day' AND dimension = ANY(%(dimensions)s) AND {whose}
            AND begins NOT IN (SELECT day FROM open_day)
        UNION ALL
        SELECT dimension, day, key, currency, orders, revenue FROM cell
    )
    SELECT dimension, {part} AS part, key, currency, sum(orders)::bigint, sum(revenue)
    FROM total
    WHERE %(currency)s::text IS NULL OR currency = %(currency)s
    GROUP BY dimension, part, key, currency
"""
# Customers rarely order twice on a day: totals of theirs would be as many as the orders.
CUSTOMERS = f"""
    WITH total AS MATERIALIZED (
        SELECT player_id, status, currency, GROUPING(status) AS is_of_customer, count(*) AS orders,
            coalesce(sum(total) FILTER (WHERE {EARNS}), 0) AS revenue
        FROM orders_order
        WHERE kind = 'sale'
            AND created_at >= %(start)s::timestamp AT TIME ZONE 'UTC'
            AND created_at < (%(end)s::date + 1)::timestamp AT TIME ZONE 'UTC'
            AND (%(establishment)s::uuid IS NULL OR establishment_id = %(establishment)s)
            AND (%(currency)s::text IS NULL OR currency = %(currency)s)
        GROUP BY GROUPING SETS ((status, currency), (player_id))
    ),
    customer AS (
        SELECT player_id, orders, revenue FROM total WHERE is_of_customer = 1
        ORDER BY revenue DESC, orders DESC, player_id LIMIT %(most)s
    )
    SELECT 'status', NULL, status, currency, orders, revenue FROM total WHERE is_of_customer = 0
    UNION ALL
    SELECT 'customer', NULL, customer_code, '', orders, revenue
    FROM customer JOIN players_player ON players_player.id = player_id
"""  # noqa: S608 - of constants


@dataclass(slots=True)
class Total:
    orders: int = 0
    revenue: Decimal = Decimal(0)

    @property
    def average(self) -> Decimal:
        """What an order brought, cut to hundredths (DOMAIN 3.5)."""
        if not self.orders:
            return Decimal(0)
        return (self.revenue / self.orders).quantize(CENT, ROUND_DOWN)

    def add(self, orders: int, revenue: Decimal) -> None:
        self.orders += orders
        self.revenue += revenue


@dataclass(slots=True, kw_only=True)
class Metrics:
    """Of the sales made on these days, both inclusive: all, by status, and as they were grouped.

    `whole` adds up what currencies there are; `by_currency` does not. `groups` has the largest
    revenue first where the keys are customers, offers or payment methods, and `is_cut` then says
    whether there are more; else it is in the order of time, or of life.
    """

    start: date
    end: date
    whole: Total = field(default_factory=Total)
    orders_by_status: dict[str, int] = field(
        default_factory=lambda: {"completed": 0, "pending": 0, "cancelled": 0}
    )
    by_currency: dict[str, Total] = field(default_factory=lambda: defaultdict(Total))
    groups: dict[str, Total] | None = None
    is_cut: bool = False


Row = tuple[str, str | None, str, str, int, Decimal]


def sale_metrics(
    *,
    establishment_id: UUID | None,
    start: date | None = None,
    end: date | None = None,
    group_by: GroupBy | None = None,
    currency: str | None = None,
) -> Metrics:
    """Count orders and revenue of the sales made from `start` to `end`, UTC days, both inclusive.

    The last 30 days, if not said. Of one establishment, or of all; in one currency, or in all. It
    is always what a recount of the orders would say: days that are not folded are counted now.
    Refused with MetricsPeriodInvalid.
    """
    start, end = period(start, end)
    within = max(start, EARLIEST), min(max(end, EARLIEST - timedelta(1)), LATEST)
    asked: dict[str, object] = {
        "establishment": establishment_id,
        "currency": currency,
        "earning": [*EARNING],
        "start": within[0],
        "end": within[1],
    }
    if group_by == GroupBy.CUSTOMER:
        rows = ask(CUSTOMERS, {**asked, "most": MOST_GROUPS + 1})
    else:
        rows = _totals(asked, *within, group_by)
    metrics = Metrics(start=start, end=end)
    for dimension, _, status, its_currency, orders, revenue in rows:
        if dimension == STATUS:
            metrics.whole.add(orders, revenue)
            metrics.by_currency[its_currency].add(orders, revenue)
            metrics.orders_by_status[REPORTED_AS[Order.Status(status)]] += orders
    if group_by is not None:
        _group(metrics, rows, group_by)
    return metrics


def period(
    start: date | None, end: date | None, *, now: datetime | None = None
) -> tuple[date, date]:
    """The days that are asked for: what is not said is today, and 30 days that end then."""
    end = end or (now or timezone.now()).astimezone(UTC).date()
    if start is None:
        start = date.fromordinal(max(end.toordinal() - DEFAULT_DAYS + 1, 1))
    if start > end:
        raise MetricsPeriodInvalid("The first day is after the last")
    return start, end


def _totals(
    asked: dict[str, object], start: date, end: date, group_by: GroupBy | None
) -> list[Row]:
    part, dimension = PARTS[group_by]
    dimensions = sorted({STATUS, dimension})
    is_by_day = group_by in (GroupBy.DAY, GroupBy.WEEK)
    first, last = (None, None) if is_by_day else _whole_months(start, end) or (None, None)
    question = TOTALS.format(
        sales=SALES,
        columns=CELL,
        cells=cells_of(dimensions),
        part=part,
        whose="establishment_id IS NULL"
        if asked["establishment"] is None
        else "establishment_id = %(establishment)s",
    )
    return ask(
        question,
        {
            **asked,
            "dimensions": dimensions,
            "months_from": first,
            "months_to": last,
            "head_to": first - timedelta(1) if first else end,
            "tail_from": last + timedelta(1) if last else None,
        },
    )


def _whole_months(start: date, end: date) -> tuple[date, date] | None:
    """The first and the last day of the months that lie within, if there are such."""
    first, last = start, end
    if first.day > 1:
        first = (first.replace(day=28) + timedelta(4)).replace(day=1)
    if (last + timedelta(1)).day > 1:
        last = last.replace(day=1) - timedelta(1)
    return (first, last) if first < last else None


def _group(metrics: Metrics, rows: Iterable[Row], group_by: GroupBy) -> None:
    dimension = "customer" if group_by == GroupBy.CUSTOMER else PARTS[group_by][1]
    groups: dict[str, Total] = defaultdict(Total)
    for of, part, key, _, orders, revenue in rows:
        if of == dimension:
            groups[key if part is None else part].add(orders, revenue)
    if group_by in LONG:
        found = sorted(groups, key=lambda key: (-groups[key].revenue, -groups[key].orders, key))
        metrics.is_cut = len(found) > MOST_GROUPS
        found = found[:MOST_GROUPS]
    elif group_by == GroupBy.STATUS:
        found = [status for status in Order.Status.values if status in groups]
    else:
        found = sorted(groups)
    metrics.groups = {key: groups[key] for key in found}
