"""The worker's batches beside pgbench, which does the same writes one transaction per order."""

import os
import subprocess
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from catalog.services.take_snapshot import current_catalogue
from config.local.programs import installed, program
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Record
from inventory.fulfilment.plan import plan
from inventory.fulfilment.vocabulary import Result
from inventory.models import FulfilmentRules, PlayerOrder, PlayerOrderEntry
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.plan_player_orders import core_order
from inventory.services.rules_in_force import rules_in_force, stored_values
from tests.benchmarks.data import (
    GEMS,
    PURCHASE,
    SOLD,
    SWORD,
    write_catalogue,
    write_players,
    write_waiting_orders,
)
from tests.benchmarks.report import Row

# The same rows by hand: lock the player, read, spend, give, write the ledger, finish.
ONE_ORDER = """
\\set order random(:first, :first + :orders - 1)
BEGIN;
SELECT o.player_id AS player, e.id AS entry, e.quantity AS quantity
    FROM inventory_playerorder o JOIN inventory_playerorderentry e ON e.order_id = o.id
    WHERE o.id = :order \\gset
SELECT id FROM players_player WHERE id = :player FOR NO KEY UPDATE;
SELECT inventory_id AS gems, count AS have FROM inventory_inventoryrecord
    WHERE player_id = :player AND item_id = :spent \\gset
SELECT inventory_id AS sword, count AS count FROM inventory_inventoryrecord
    WHERE player_id = :player AND item_id = :given \\gset
UPDATE inventory_inventoryrecord SET count = count - 1 WHERE inventory_id = :gems;
UPDATE inventory_inventoryrecord SET count = count + 1 WHERE inventory_id = :sword;
INSERT INTO inventory_inventorychange
    (record_id, player_id, entry_id, loot_id, delta, before, after, created_time)
    SELECT r.inventory_id, r.player_id, :entry::bigint, :loot::bigint, moved.delta,
        shown.record, shown.record, now()
    FROM (VALUES (:gems::uuid, -1), (:sword::uuid, 1)) AS moved (inventory_id, delta)
    JOIN inventory_inventoryrecord r USING (inventory_id)
    CROSS JOIN LATERAL (SELECT jsonb_build_object(
        'inventory_id', r.inventory_id, 'item_id', r.item_id, 'type', r.type,
        'bucket', r.bucket, 'count', r.count, 'acquired', r.acquired,
        'expires', null, 'custom_data', null)) AS shown(record);
UPDATE inventory_playerorderentry SET result = 'success' WHERE id = :entry;
UPDATE inventory_playerorder SET state = 'done', outcome = 'succeeded', done_time = now(),
    catalogue_version = 1, rules_id = :rules WHERE id = :order;
COMMIT;
"""


def measure(*, orders: int) -> list[Row]:
    """Purchases of one entry, over a quarter as many players."""
    write_catalogue()
    players = write_players(orders // 4)
    rules = FulfilmentRules.objects.create(values=stored_values(rules_in_force()))

    write_waiting_orders(players, orders, PURCHASE)
    floor = _pgbench(orders=orders, clients=2, rules=rules.pk)
    with connection.cursor() as cursor:  # what pgbench left undone
        cursor.execute(
            "UPDATE inventory_playerorder SET state = 'done', outcome = 'succeeded',"
            " done_time = now() WHERE state = 'accepted'"
        )
        cursor.execute("VACUUM ANALYZE")

    write_waiting_orders(players, orders, PURCHASE)
    started = time.perf_counter()
    done = 0
    while batch := fulfil_waiting(limit=settings.PLAYER_ORDER_BATCH):
        done += batch
    ours = done / (time.perf_counter() - started)
    succeeded = PlayerOrder.objects.filter(catalogue_version__gt=1, outcome="succeeded").count()
    if (done, succeeded) != (orders, orders):
        raise RuntimeError(f"Of {orders} orders {done} were done, {succeeded} of them succeeded")
    planner = _planner(orders)
    return [
        Row(
            "worker, batches of one-entry purchases",
            f"{ours:,.0f} orders/s",
            f"{floor:,.0f} orders/s by pgbench",
            ours / floor,
            ">= 2",
        ),
        Row(
            "planner alone, the same purchases",
            f"{planner:,.0f} orders/s",
            f"{ours:,.0f} orders/s by the worker",
            planner / ours,
            "",
        ),
    ]


def _planner(orders: int) -> float:
    """The pure core on holdings in memory, one order after another of one player."""
    catalogue, now = current_catalogue(), timezone.now()
    row = PlayerOrderEntry.objects.filter(type=PURCHASE.type).select_related("order").latest("pk")
    order = core_order(row.order, [row], row.order.player.uuid)
    holdings = Holdings(
        Record(uuid4(), item, "persistent", "none", orders, now, None, None)
        for item in (GEMS, SWORD)
    )
    rules = rules_in_force()
    started = time.perf_counter()
    for number in range(orders):
        seed = Dice(number.to_bytes(16))
        planned = plan(order, catalogue, holdings, now=now, dice=seed, rules=rules)
        holdings = planned.holdings
        if planned.entries[0].result is not Result.SUCCESS:
            raise RuntimeError(planned.entries)
    return orders / (time.perf_counter() - started)


def _pgbench(*, orders: int, clients: int, rules: int) -> float:
    database = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM inventory_playerorder WHERE state = 'accepted'")
        first = cursor.fetchone()[0]
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as script:
        script.write(ONE_ORDER)
    try:
        finished = subprocess.run(
            [
                program(installed(), "pgbench"),
                "--no-vacuum",
                "--protocol=prepared",
                f"--client={clients}",
                f"--jobs={clients}",
                f"--transactions={orders // clients // 2}",
                f"--file={script.name}",
                *(
                    f"--define={name}={value}"
                    for name, value in {
                        "orders": orders,
                        "first": first,
                        "spent": GEMS,
                        "given": SWORD,
                        "loot": SOLD,
                        "rules": rules,
                    }.items()
                ),
                database["NAME"],
            ],
            env={
                **os.environ,
                "PGHOST": database["HOST"],
                "PGPORT": str(database["PORT"]),
                "PGUSER": database["USER"],
                "PGPASSWORD": database["PASSWORD"],
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
    finally:
        Path(script.name).unlink()
    line = next(line for line in finished.stdout.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])
