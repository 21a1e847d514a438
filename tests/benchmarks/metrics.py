"""Metrics of a large table from the totals, beside what they spare: the recount by SQL."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from orders.models import SaleChange
from orders.services.fold_sales import fold_sales
from orders.services.recount_sales import EARNING, EARNS
from orders.services.sale_metrics import GroupBy, sale_metrics
from tests.benchmarks.report import Row
from tests.benchmarks.rewards import write_shop
from tests.benchmarks.sales import write_sales

ROUNDS = 15
PLAYERS = 100_000
AIM = 50
RECOUNT = f"""
    SELECT status, currency, count(*), sum(total) FILTER (WHERE {EARNS})
    FROM orders_order
    WHERE kind = 'sale' AND (created_at AT TIME ZONE 'UTC')::date BETWEEN %(start)s AND %(end)s
        AND (%(of)s::uuid IS NULL OR establishment_id = %(of)s)
    GROUP BY status, currency
"""  # noqa: S608 - of constants


def measure(*, large: int) -> list[Row]:
    """Of all establishments and of the largest; of two years and of 30 days; folded and not."""
    shop = write_shop(players=PLAYERS)
    write_sales(shop, large)
    rows = [_fold(large)]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    today = timezone.now().date()
    for of in (None, shop.establishment):
        for days in (730, 30):
            asked = {"establishment_id": of, "start": today - timedelta(days - 1), "end": today}
            recount = _median(lambda asked=asked: _recount(**asked), rounds=3)
            rows += [_row(large, asked, by, days, recount) for by in (None, *GroupBy)]
    SaleChange.objects.bulk_create(
        SaleChange(day=today - timedelta(number * 90)) for number in range(1, 6)
    )
    asked = {"establishment_id": None, "start": today - timedelta(729), "end": today}
    row = _row(large, asked, GroupBy.MONTH, 730, recount)
    return [*rows, Row(f"{row.work}, 5 old days changed", row.value, row.floor, row.ratio, row.aim)]


def _row(large, asked, group_by, days, recount):
    taken = _median(lambda: sale_metrics(**asked, group_by=group_by))
    of = "one establishment" if asked["establishment_id"] else "all"
    by = f" by {group_by}" if group_by else ""
    return Row(
        f"metrics at {large:,} sales, {of}, {days} days{by}",
        f"{taken * 1000:.1f} ms",
        f"{recount * 1000:.1f} ms, statuses recounted by SQL",
        taken / recount,
        f"< {AIM} ms",
    )


def _fold(large: int) -> Row:
    """All of it at first, then a day that has changed."""
    started = time.perf_counter()
    days = fold_sales()
    whole = time.perf_counter() - started
    SaleChange.objects.create(day=timezone.now().date() - timedelta(100))
    started = time.perf_counter()
    fold_sales()
    one = time.perf_counter() - started
    return Row(
        f"fold of {large:,} sales of {days} days",
        f"{whole:.1f} s",
        f"{one * 1000:.0f} ms, one day of them again",
        whole / one,
        "",
    )


def _recount(*, establishment_id, start, end):
    with connection.cursor() as cursor:
        cursor.execute(
            RECOUNT, {"of": establishment_id, "start": start, "end": end, "earning": [*EARNING]}
        )
        cursor.fetchall()


def _median(ask: Callable[[], object], rounds: int = ROUNDS) -> float:
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
