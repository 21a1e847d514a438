"""Made-up sales of a shop, written by set-based SQL: of the last two years, as they came in."""

from django.db import connection

from tests.benchmarks.rewards import CHUNK, Shop


def write_sales(shop: Shop, count: int) -> None:
    """Most are completed; each has one to three lines. Of every product there is an offer."""
    with connection.cursor() as cursor:
        cursor.execute(OFFERS)
        for done in range(0, count, CHUNK):
            cursor.execute(
                WRITE, {"first": done, "last": min(done + CHUNK, count) - 1, "count": count}
            )
        cursor.execute("ANALYZE orders_order, orders_orderline, catalog_offer")


OFFERS = """
    INSERT INTO catalog_offer
        (id, product_id, name, description, base_price, currency, billing_cycle, group_id,
         attributes, status, created_at)
    SELECT 'offer_' || row_number() OVER (), id, name, '', price, 'USD', 'once', '', '{}',
        'active', now()
    FROM catalog_product
    ON CONFLICT DO NOTHING
"""
WRITE = """
    WITH
    player AS (
        SELECT row_number() OVER () - 1 AS n, id, establishment_id FROM players_player
    ),
    offer AS (
        SELECT row_number() OVER () - 1 AS n, id, product_id, base_price FROM catalog_offer
    ),
    drawn AS (
        SELECT n, random() AS fate,
            now() - (%(count)s - n) * interval '730 days' / %(count)s AS created_at,
            floor(random() * (SELECT count(*) FROM player))::bigint AS player_n,
            floor(random() * (SELECT count(*) FROM offer))::bigint AS offer_n
        FROM generate_series(%(first)s::bigint, %(last)s) AS n
    ),
    shaped AS MATERIALIZED (
        SELECT drawn.*, player.id AS player_id, player.establishment_id, offer.base_price,
            offer.id AS offer_id, offer.product_id,
            CASE WHEN fate < 0.02 THEN 'pending_payment' WHEN fate < 0.03 THEN 'payment_failed'
                WHEN fate < 0.1 THEN 'processing' WHEN fate < 0.9 THEN 'completed'
                WHEN fate < 0.97 THEN 'cancelled' ELSE 'refunded' END AS status,
            1 + drawn.n %% 3 AS lines,
            'ord_' || substr(md5(drawn.n::text || random()), 1, 16) AS code
        FROM drawn JOIN player ON player.n = player_n JOIN offer ON offer.n = offer_n
    ),
    written AS (
        INSERT INTO orders_order
            (transaction_id, code, kind, establishment_id, player_id, status, display_status,
             total, currency, charged, refunded, gateway_id, payment_method, payment_status,
             payment_token, reference, delay_reason, cancel_reason, created_at, updated_at,
             completed_at, cancelled_at, last_event, last_message)
        SELECT gen_random_uuid(), code, 'sale',
            establishment_id, player_id, status,
            CASE status WHEN 'pending_payment' THEN 'awaiting_payment' ELSE status END,
            lines * base_price, 'USD',
            CASE WHEN status IN ('processing', 'completed', 'refunded') THEN lines * base_price
                ELSE 0 END,
            CASE WHEN status = 'refunded' THEN lines * base_price ELSE 0 END, 'sandbox',
            'credit_card',
            CASE status WHEN 'pending_payment' THEN 'pending' WHEN 'payment_failed' THEN 'failed'
                WHEN 'cancelled' THEN 'voided' WHEN 'refunded' THEN 'refunded'
                ELSE 'completed' END,
            substr(md5(random()::text), 1, 22), '', '', '', created_at, created_at,
            CASE WHEN status IN ('completed', 'refunded') THEN created_at END,
            CASE WHEN status IN ('cancelled', 'refunded') THEN created_at END, 0, 0
        FROM shaped
        ORDER BY n
        RETURNING id, code
    )
    INSERT INTO orders_orderline
        (order_id, position, product_id, offer_id, quantity, unit_price, status, stock)
    SELECT written.id, position, product_id, offer_id, 1, base_price,
        CASE status WHEN 'completed' THEN 'fulfilled' WHEN 'refunded' THEN 'fulfilled'
            WHEN 'cancelled' THEN 'cancelled' ELSE 'pending' END,
        CASE status WHEN 'completed' THEN 'taken' WHEN 'refunded' THEN 'taken'
            WHEN 'cancelled' THEN 'released' ELSE 'held' END
    FROM written JOIN shaped USING (code)
    CROSS JOIN LATERAL generate_series(0, lines - 1) AS position
"""
