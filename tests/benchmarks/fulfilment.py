"""The worker's batches beside pgbench, which does the same writes one transaction per order."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.local.programs import installed, program
from inventory.services.fulfil_player_orders import fulfil_waiting
from tests.benchmarks.data import GEMS, LOOT, write_catalogue, write_players, write_waiting_orders
from tests.benchmarks.report import Row

# The same rows by hand: lock the player, read, change the record, write the ledger, finish.
ONE_ORDER = """
\\set order random(:first, :first + :orders - 1)
BEGIN;
SELECT o.player_id AS player, e.id AS entry, e.quantity AS quantity
    FROM inventory_playerorder o JOIN inventory_playerorderentry e ON e.order_id = o.id
    WHERE o.id = :order \\gset
SELECT id FROM players_player WHERE id = :player FOR NO KEY UPDATE;
SELECT inventory_id AS record, count AS count FROM inventory_inventoryrecord
    WHERE player_id = :player AND item_id = :item \\gset
UPDATE inventory_inventoryrecord SET count = count + 5 WHERE inventory_id = :record;
INSERT INTO inventory_inventorychange
    (record_id, player_id, entry_id, loot_id, delta, before, after, created_time)
    SELECT r.inventory_id, r.player_id, :entry::bigint, :loot::bigint, 5,
        shown.record, shown.record, now()
    FROM inventory_inventoryrecord r CROSS JOIN LATERAL (SELECT jsonb_build_object(
        'inventory_id', r.inventory_id, 'item_id', r.item_id, 'type', r.type,
        'legacy_inventory_id', null, 'bucket', r.bucket, 'count', r.count,
        'acquired', r.acquired, 'expires', null, 'custom_data', null)) AS shown(record)
    WHERE r.inventory_id = :record;
UPDATE inventory_playerorderentry SET result = 'success' WHERE id = :entry;
UPDATE inventory_playerorder SET state = 'done', outcome = 'succeeded', done_time = now()
    WHERE id = :order;
COMMIT;
"""


def measure(*, orders: int) -> list[Row]:
    """Orders of one `fill_loot` entry, over a quarter as many players."""
    write_catalogue()
    players = write_players(orders // 4)

    write_waiting_orders(players, orders)
    floor = _pgbench(orders=orders, clients=2)
    with connection.cursor() as cursor:  # what pgbench left undone
        cursor.execute(
            "UPDATE inventory_playerorder SET state = 'done', outcome = 'succeeded',"
            " done_time = now() WHERE state = 'accepted'"
        )
        cursor.execute("VACUUM ANALYZE")

    write_waiting_orders(players, orders)
    started = time.perf_counter()
    done = 0
    while batch := fulfil_waiting(limit=settings.PLAYER_ORDER_BATCH):
        done += batch
    ours = done / (time.perf_counter() - started)
    if done != orders:
        raise RuntimeError(f"{done} of {orders} orders were done")
    return [
        Row(
            "worker, batches of one-entry orders",
            f"{ours:,.0f} orders/s",
            f"{floor:,.0f} orders/s by pgbench",
            ours / floor,
            ">= 2",
        )
    ]


def _pgbench(*, orders: int, clients: int) -> float:
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
                        "item": GEMS,
                        "loot": LOOT,
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
