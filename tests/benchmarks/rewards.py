"""Made-up rewards, written by set-based SQL: many orders of a few establishments."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

ESTABLISHMENTS = 20
PRODUCTS = 2_000
CHUNK = 100_000
ADJECTIVES = ["red", "old", "brass", "signed", "tiny", "royal", "paper", "night"]
THINGS = ["mug", "poster", "globe", "scarf", "figure", "lamp", "voucher", "chess set"]


@dataclass(frozen=True)
class Shop:
    """The largest establishment: it has three orders in five, and one product half of those."""

    establishment: UUID
    best_seller: UUID


def write_shop(*, players: int) -> Shop:
    """Establishments, their players, and products that are offered to one of them or to all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO players_establishment (id, name, email, image_url, thumbnail_url, coins,"
            " created_at) SELECT gen_random_uuid(), 'Shop ' || n, '', '', '', 0, now()"
            " FROM generate_series(1, %s) AS n RETURNING id",
            [ESTABLISHMENTS],
        )
        establishments = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "INSERT INTO players_player (uuid, customer_code, establishment_id, email, first_name,"
            " last_name, coins, created_at)"
            " SELECT gen_random_uuid(), 'cust_' || gen_random_uuid(),"
            " (%s::uuid[])[1 + CASE WHEN n %% 5 < 3 THEN 0 ELSE n %% %s END],"
            " 'player' || n || '@example.com', 'Ann', 'Other', 0, now()"
            " FROM generate_series(1, %s) AS n",
            [establishments, ESTABLISHMENTS, players],
        )
        cursor.execute(
            "INSERT INTO catalog_product (id, establishment_id, name, description, image_url, kind,"
            " price, denominations, stock, reserved, visible, status, created_at)"
            " SELECT gen_random_uuid(),"
            " CASE WHEN n %% 4 = 0 OR n = 1 THEN (%s::uuid[])[1 + n / 4 %% %s] END,"
            " concat_ws(' ', (%s::text[])[1 + n %% 8], (%s::text[])[1 + n / 8 %% 8], n),"
            " '', '', 'physical', 10 * (1 + n %% 40), '{}', 1000000, 0, true, 'active', now()"
            " FROM generate_series(1, %s) AS n RETURNING id",
            [establishments, ESTABLISHMENTS, ADJECTIVES, THINGS, PRODUCTS],
        )
        best_seller = cursor.fetchall()[0][0]
        cursor.execute("ANALYZE")
    return Shop(establishments[0], best_seller)


def write_rewards(shop: Shop, count: int) -> None:
    """Orders of the last two years, most acquired; delayed is one in ten thousand.

    Prices rose by half after a year; one order in a hundred thousand has a price of its own.
    """
    with connection.cursor() as cursor:
        for _ in range(0, count, CHUNK):
            cursor.execute(WRITE, {"count": min(CHUNK, count), "best_seller": shop.best_seller})
        cursor.execute("ANALYZE orders_order, orders_delivery, orders_orderevent")


WRITE = """
    WITH
    player AS (
        SELECT row_number() OVER () - 1 AS n, id, establishment_id FROM players_player
    ),
    product AS (
        SELECT row_number() OVER () - 1 AS n, id, price FROM catalog_product
    ),
    drawn AS (
        SELECT n, random() AS luck, random() AS fate,
            now() - random() * interval '730 days' AS created_at,
            floor(random() * (SELECT count(*) FROM player))::bigint AS player_n,
            floor(random() * (SELECT count(*) FROM product))::bigint AS product_n
        FROM generate_series(1, %(count)s) AS n
    ),
    shaped AS (
        SELECT drawn.*, player.id AS player_id, player.establishment_id,
            CASE WHEN luck < 0.5 THEN %(best_seller)s ELSE product.id END AS product_id,
            CASE WHEN fate < 0.0001 THEN 'delayed' WHEN fate < 0.01 THEN 'sent'
                WHEN fate < 0.03 THEN 'pending' WHEN fate < 0.9 THEN 'acquired'
                ELSE 'cancelled' END AS display_status,
            CASE WHEN fate > 0.99999 THEN 5000 + product_n
                ELSE product.price * (CASE WHEN created_at > now() - interval '365 days'
                    THEN 1.5 ELSE 1 END) END AS total
        FROM drawn JOIN player ON player.n = player_n JOIN product ON product.n = product_n
    ),
    written AS (
        INSERT INTO orders_order
            (transaction_id, code, kind, establishment_id, player_id, product_id, status,
             display_status, total, currency, charged, refunded, reference, delay_reason,
             cancel_reason, created_at, updated_at, completed_at, cancelled_at, last_event,
             last_message)
        SELECT gen_random_uuid(), 'ord_' || gen_random_uuid()::text::char(28), 'reward',
            establishment_id, player_id, product_id,
            CASE display_status WHEN 'acquired' THEN 'completed' WHEN 'cancelled' THEN 'cancelled'
                ELSE 'reserved' END,
            display_status, total, 'COIN', 0, 0, 'PROV-REF-' || n, '',
            CASE display_status WHEN 'cancelled' THEN 'MISTAKE' ELSE '' END,
            created_at, created_at, created_at,
            CASE display_status WHEN 'cancelled' THEN created_at END,
            CASE WHEN display_status IN ('acquired', 'cancelled') THEN 2 ELSE 1 END, 0
        FROM shaped
        ON CONFLICT DO NOTHING
        RETURNING id, created_at, display_status
    ),
    delivered AS (
        INSERT INTO orders_delivery
            (order_id, first_name, last_name, email, address_line1, address_line2, city, province,
             country, postal_code, track_token, captured_at, tracking_number)
        SELECT id, 'Ann', 'Other', 'ann' || id || '@example.com', '', '', '', '', '', '',
            substring(md5(id::text) FROM 1 FOR 22), created_at, ''
        FROM written
    )
    INSERT INTO orders_orderevent
        (order_id, number, operation_id, kind, by, reason, note, before, after, request_id,
         created_at)
    SELECT id, number, gen_random_uuid(), kind, 'key:1', '', '', '{}',
        '{"status": "cancelled", "refunded": "0"}', '', created_at
    FROM written CROSS JOIN LATERAL (VALUES
        (1, 'reservation'),
        (2, CASE display_status WHEN 'acquired' THEN 'acquisition'
            WHEN 'cancelled' THEN 'cancellation' END)
    ) AS event (number, kind)
    WHERE kind IS NOT NULL
"""
