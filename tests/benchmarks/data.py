"""Made-up players, holdings and orders, written by set-based SQL."""

from django.db import connection

from catalog.models import Item, Loot, Vendor

GEMS = 10
LOOT = 700


def write_catalogue() -> None:
    """One item, one vendor, one loot: five gems, claimable by clients."""
    Item.objects.create(id=GEMS, type=Item.Type.UNIT, name="gems")
    Vendor.objects.create(id=9)
    Loot.objects.create(id=LOOT, vendor_id=9, item_id=GEMS, quantity=5, is_claimable_by_client=True)


def write_players(count: int) -> list[int]:
    """Players who own 100 gems each, with the ledger row that says why."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO players_player
                (uuid, customer_code, email, first_name, last_name, coins, created_at)
            SELECT gen_random_uuid(), 'cust_' || gen_random_uuid(), '', '', '', 0, now()
            FROM generate_series(1, %s) RETURNING id
            """,
            [count],
        )
        players = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            """
            INSERT INTO inventory_inventoryrecord
                (inventory_id, player_id, item_id, type, state, bucket, count, acquired)
            SELECT gen_random_uuid(), player, %s, 'persistent', 'active', 'none', 100, now()
            FROM unnest(%s) AS player
            """,
            [GEMS, players],
        )
        write_done_orders(players=players, each=1)
        cursor.execute("ANALYZE")
    return players


def write_waiting_orders(players: list[int], count: int) -> None:
    """Accepted orders of one entry, dealt to the players in turn."""
    _write_orders(players, count, done=False)


def write_done_orders(*, players: list[int], each: int) -> None:
    """Done orders of one entry with one ledger row. They add nothing: the counts stay."""
    _write_orders(players, each * len(players), done=True)


def _write_orders(players: list[int], count: int, *, done: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_playerorder
                (order_id, player_id, state, outcome, source, is_transaction, permissions,
                 placed_by, reason, request_id, dice_seed, created_time, done_time)
            SELECT gen_random_uuid(), (%(players)s::bigint[])[1 + n %% %(many)s],
                CASE WHEN %(done)s THEN 'done' ELSE 'accepted' END,
                CASE WHEN %(done)s THEN 'succeeded' ELSE '' END,
                'IN_GAME', false, '{loot,inventory}', 'key:1', '', '',
                substring(uuid_send(gen_random_uuid()) FROM 1 FOR 16),
                clock_timestamp(), CASE WHEN %(done)s THEN clock_timestamp() END
            FROM generate_series(0, %(count)s - 1) AS n
            RETURNING id
            """,
            {"players": players, "many": len(players), "count": count, "done": done},
        )
        orders = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            """
            INSERT INTO inventory_playerorderentry
                (order_id, position, entry_id, type, quantity, loot_id, fields, result)
            SELECT id, 0, gen_random_uuid(), 'fill_loot', 1, %(loot)s, '{}',
                CASE WHEN %(done)s THEN 'success' END
            FROM unnest(%(orders)s) AS id
            """,
            {"loot": LOOT, "orders": orders, "done": done},
        )
        if done:
            cursor.execute(
                """
                INSERT INTO inventory_inventorychange
                    (record_id, player_id, entry_id, loot_id, delta, before, after, created_time)
                SELECT r.inventory_id, r.player_id, e.id, %(loot)s, 0, shown.record, shown.record,
                    o.created_time
                FROM inventory_playerorder o
                JOIN inventory_playerorderentry e ON e.order_id = o.id
                JOIN inventory_inventoryrecord r ON r.player_id = o.player_id
                CROSS JOIN LATERAL (SELECT jsonb_build_object(
                    'inventory_id', r.inventory_id, 'item_id', r.item_id, 'type', r.type,
                    'legacy_inventory_id', null, 'bucket', r.bucket, 'count', r.count,
                    'acquired', r.acquired, 'expires', null, 'custom_data', null)) AS shown(record)
                WHERE o.id = ANY(%(orders)s)
                """,
                {"loot": LOOT, "orders": orders},
            )
