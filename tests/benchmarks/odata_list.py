"""Pages of the OData list of sales in a large table, beside the SQL of its orders alone."""

import statistics
import time

from django.db import connection
from django.test import Client

from players.models import Establishment
from players.services.issue_api_key import issue_api_key
from tests.benchmarks.report import Row
from tests.benchmarks.rewards import Shop, write_shop
from tests.benchmarks.sales import write_sales

ROUNDS = 15
PLAYERS = 100_000
FILTER = "$filter"


def measure(*, large: int) -> list[Row]:
    """The near and the far, the rare and the common, of the largest establishment."""
    shop = write_shop(players=PLAYERS)
    write_sales(shop, large)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    establishment = Establishment.objects.get(pk=shop.establishment)
    _, key = issue_api_key(name="bench", scopes=["orders:read"], establishment=establishment)
    client = Client(headers={"authorization": f"Bearer {key}"})
    floor = _time_sql(shop)
    return [
        Row(
            f"OData at {large:,} sales, {what}",
            f"{page * 1000:.2f} ms",
            f"{floor * 1000:.2f} ms, the newest by SQL alone",
            page / floor,
            "< 300 ms",
        )
        for what, options in _asked(shop, large).items()
        for page in [_time_page(client, options)]
    ]


def _asked(shop: Shop, large: int) -> dict[str, dict[str, str | int]]:
    code, customer = _one_of(shop)
    deep = large // 2
    return {
        "newest": {},
        "newest without a count": {"$count": "false"},
        "newest with items": {"$expand": "items"},
        "a thousand with items": {"$expand": "items", "$top": 1000},
        "one id": {FILTER: f"id eq '{code}'"},
        "one item": {FILTER: f"items/any(i: i/id eq '{code.replace('ord', 'item')}_1')"},
        "one customer": {FILTER: f"customerId eq '{customer}'"},
        "pending": {FILTER: "status eq 'pending'"},
        "one in a hundred": {FILTER: "status eq 'payment_failed'"},
        "changed in a day": {
            FILTER: f"updatedAt ge {_yesterday()}",
            "$orderby": "updatedAt",
        },
        "the dearest": {"$orderby": "totalAmount desc"},
        "of an offer": {FILTER: "items/any(i: i/offerId eq 'offer_7')"},
        "of a month, all items dear": {
            FILTER: "createdAt ge 2026-05-01 and createdAt lt 2026-06-01"
            " and items/all(i: i/price gt 300)"
        },
        "the same by functions, which look at all": {
            FILTER: "year(createdAt) eq 2026 and month(createdAt) eq 5"
            " and items/all(i: i/price gt 300)"
        },
        "by customer": {"$orderby": "customerId"},
        "nothing, looked for everywhere": {FILTER: "contains(tolower(id),'zzzz')"},
        f"skip {deep:,}": {"$skip": deep},
        f"skip {deep + 50:,}, after the page before": {"$skip": deep + 50},
        f"skip {deep:,} of completed": {"$skip": deep, FILTER: "status eq 'completed'"},
        f"skip {deep // 20:,} of pending": {
            "$skip": deep // 20,
            FILTER: "status eq 'pending'",
        },
    }


def _one_of(shop: Shop) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.code, p.customer_code FROM orders_order AS o"
            " JOIN players_player AS p ON p.id = o.player_id"
            " WHERE o.establishment_id = %s LIMIT 1",
            [shop.establishment],
        )
        code, customer = cursor.fetchone()
    return code, customer


def _yesterday() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86_400))


def _time_page(client: Client, options: dict[str, str | int]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = client.get("/api/orders/odata", options)
        seconds.append(time.perf_counter() - started)
        if answer.status_code != 200:
            raise RuntimeError(answer.content)
    return statistics.median(seconds)


def _time_sql(shop: Shop) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM orders_order WHERE establishment_id = %s AND kind = 'sale'"
                " ORDER BY created_at DESC, code LIMIT 50",
                [shop.establishment],
            )
            cursor.fetchall()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
