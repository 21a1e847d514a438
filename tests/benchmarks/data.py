"""Made-up players, holdings and orders, written by set-based SQL."""

from dataclasses import dataclass

import orjson
from django.db import connection

from catalog.models import Item, Loot, PricePoint, Vendor

GEMS, SWORD = 10, 55
LOOT, SOLD = 700, 701


@dataclass(frozen=True)
class Sent:
    """The one entry of an order."""

    type: str
    loot_id: int
    fields: str = "{}"


GIFT = Sent("fill_loot", LOOT)
PURCHASE = Sent(
    "purchase_loot",
    SOLD,
    orjson.dumps(
        {"purchase_price": {"currencies": [{"price_item_id": GEMS, "price": 1}]}}
    ).decode(),
)


def write_catalogue() -> None:
    """A gift of five gems that clients may claim, and a sword that is sold for one gem."""
    for pk, name in ((GEMS, "gems"), (SWORD, "sword")):
        Item.objects.create(id=pk, type=Item.Type.UNIT, name=name)
    price = {"quantity": 1, "currencies": [{"price_item_id": GEMS, "price": 1}]}
    PricePoint.objects.create(id="one gem", current_breakpoints=[price])
    Vendor.objects.create(id=9)
    Loot.objects.create(id=LOOT, vendor_id=9, item_id=GEMS, quantity=5, is_claimable_by_client=True)
    Loot.objects.create(
        id=SOLD, vendor_id=9, item_id=SWORD, current_price_point_id="one gem", sort_order=1
    )


def write_players(count: int) -> list[int]:
    """Players who own 100 gems and 100 swords each, with a ledger row of the gems."""
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
            SELECT gen_random_uuid(), player, item, 'persistent', 'active', 'none', 100, now()
            FROM unnest(%s) AS player CROSS JOIN unnest(%s) AS item
            """,
            [players, [GEMS, SWORD]],
        )
        write_done_orders(players=players, each=1)
        cursor.execute("ANALYZE")
    return players


def write_waiting_orders(players: list[int], count: int, sent: Sent = GIFT) -> None:
    """Accepted orders of one entry, dealt to the players in turn."""
    _write_orders(players, count, sent, done=False)


def write_done_orders(*, players: list[int], each: int) -> None:
    """Done orders of one entry with one ledger row. They add nothing: the counts stay."""
    _write_orders(players, each * len(players), GIFT, done=True)


def _write_orders(players: list[int], count: int, sent: Sent, *, done: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_playerorder
                (order_id, player_id, state, outcome, source, is_transaction, permissions,
                 placed_by, reason, request_id, dice_seed, created_time, done_time, generation)
            SELECT gen_random_uuid(), (%(players)s::bigint[])[1 + n %% %(many)s],
                CASE WHEN %(done)s THEN 'done' ELSE 'accepted' END,
                CASE WHEN %(done)s THEN 'succeeded' ELSE '' END,
                'IN_GAME', false, '{loot,inventory}', 'key:1', '', '',
                substring(uuid_send(gen_random_uuid()) FROM 1 FOR 16),
                clock_timestamp(), CASE WHEN %(done)s THEN clock_timestamp() END, 0
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
            SELECT id, 0, gen_random_uuid(), %(type)s, 1, %(loot)s, %(fields)s,
                CASE WHEN %(done)s THEN 'success' END
            FROM unnest(%(orders)s) AS id
            """,
            {
                "type": sent.type,
                "loot": sent.loot_id,
                "fields": sent.fields,
                "orders": orders,
                "done": done,
            },
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
                    'bucket', r.bucket, 'count', r.count, 'acquired', r.acquired,
                    'expires', null, 'custom_data', null)) AS shown(record)
                WHERE o.id = ANY(%(orders)s) AND r.item_id = %(item)s
                """,
                {"loot": LOOT, "orders": orders, "item": GEMS},
            )
