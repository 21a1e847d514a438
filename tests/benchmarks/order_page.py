"""A player's order page of ten, in a small and in a large table, beside the same SQL alone."""

import statistics
import time
from collections.abc import Callable

from django.db import connection
from django.test import Client

from catalog.models import Item
from players.services.issue_api_key import issue_api_key
from tests.benchmarks.data import write_catalogue, write_done_orders, write_players
from tests.benchmarks.report import Row

ROUNDS = 200
CHUNK = 50_000


def measure(*, small: int, large: int) -> list[Row]:
    """Twenty orders a player; the page is asked of one player after another."""
    if not Item.objects.exists():
        write_catalogue()
    _, key = issue_api_key(name="bench", scopes=["inv:*"])
    players: list[int] = []
    pages = {}
    for size in (small, large):
        _fill(players, size)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        pages[size] = _time_page(key, players), _time_sql(players)
    rows = [
        Row(
            f"order page at {size:,} orders",
            f"{page * 1000:.2f} ms",
            f"{sql * 1000:.2f} ms, the SQL alone",
            page / sql,
            "",
        )
        for size, (page, sql) in pages.items()
    ]
    rows.append(
        Row(
            f"order page, {large:,} beside {small:,} orders",
            f"{pages[large][0] * 1000:.2f} ms",
            f"{pages[small][0] * 1000:.2f} ms",
            pages[large][0] / pages[small][0],
            "0.8 to 1.2",
        )
    )
    return rows


def _fill(players: list[int], orders: int) -> None:
    while 20 * len(players) < orders:
        more = write_players(min(CHUNK, orders - 20 * len(players)) // 20)
        write_done_orders(players=more, each=19)
        players += more


def _time_page(key: str, players: list[int]) -> float:
    client = Client(headers={"authorization": f"Bearer {key}"})

    def ask(player: int) -> None:
        answer = client.get(f"/inventory/v1/player/{player}/order?sort=desc")
        if answer.status_code != 200 or len(answer.json()["data"]) != 10:
            raise RuntimeError(answer.content)

    return _median(ask, players)


def _time_sql(players: list[int]) -> float:
    """The same rows by bare psycopg: orders, their entries, their changes."""

    def ask(player: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM inventory_playerorder WHERE player_id = %s"
                " ORDER BY created_time DESC, id DESC LIMIT 10",
                [player],
            )
            orders = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                "SELECT * FROM inventory_playerorderentry WHERE order_id = ANY(%s)", [orders]
            )
            entries = [row[0] for row in cursor.fetchall()]
            cursor.execute(
                "SELECT * FROM inventory_inventorychange WHERE entry_id = ANY(%s)", [entries]
            )
            cursor.fetchall()

    return _median(ask, players)


def _median(ask: Callable[[int], None], players: list[int]) -> float:
    """The best of three rounds: the two sizes are minutes apart, and machines have moods."""
    return min(_median_of_round(ask, players) for _ in range(3))


def _median_of_round(ask: Callable[[int], None], players: list[int]) -> float:
    step = max(1, len(players) // ROUNDS)
    seconds = []
    for player in players[::step][:ROUNDS]:
        started = time.perf_counter()
        ask(player)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
