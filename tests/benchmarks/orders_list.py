"""Pages of the list of rewards in a large table, beside the SQL of its orders alone."""

import statistics
import time
from typing import Any

from django.db import connection
from django.test import Client

from catalog.models import Product
from players.models import Establishment
from players.services.issue_api_key import issue_api_key
from tests.benchmarks.report import Row
from tests.benchmarks.rewards import Shop, write_rewards, write_shop

ROUNDS = 30
OPEN = ["Pending", "Sent", "Delayed"]
PLAYERS = 100_000


def measure(*, large: int) -> list[Row]:
    """The rare and the common, of the largest establishment."""
    shop = write_shop(players=PLAYERS)
    write_rewards(shop, large)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    establishment = Establishment.objects.get(pk=shop.establishment)
    _, key = issue_api_key(name="bench", scopes=["orders:read"], establishment=establishment)
    client = Client(headers={"authorization": f"Bearer {key}"})
    floor = _time_sql(shop)
    return [
        Row(
            f"list at {large:,} orders, {what}",
            f"{page * 1000:.2f} ms",
            f"{floor * 1000:.2f} ms, the newest by SQL alone",
            page / floor,
            "" if "page" in what else "< 50 ms",
        )
        for what, body in _asked(shop).items()
        for page in [_time_page(client, body)]
    ]


def _asked(shop: Shop) -> dict[str, dict[str, Any]]:
    best = Product.objects.get(pk=shop.best_seller).name
    dear = {"price": {"min": 5_000}}
    return {
        "newest": {},
        "open": {"filters": {"status": OPEN}},
        "one in ten thousand": {"filters": {"status": ["Delayed"]}},
        "a rare price": {"filters": dear},
        "a rare price of the best seller": {"search": best, "filters": dear},
        "a word of 250 products, open": {"search": "mug", "filters": {"status": OPEN}},
        "a word of nothing": {"search": "nothing is called so"},
        "page 400": {"pagination": {"page": 400}},
        "page 20,000": {"pagination": {"page": 20_000}},
    }


def _time_page(client: Client, body: dict[str, Any]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = client.post("/orders/list", body, content_type="application/json")
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
                "SELECT * FROM orders_order WHERE establishment_id = %s AND kind = 'reward'"
                " ORDER BY created_at DESC, transaction_id LIMIT 25",
                [shop.establishment],
            )
            cursor.fetchall()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
