"""Prove that stock, payments and timelines fit the orders, and all that inventory proves."""

from typing import Any

from inventory.services.audit_ledgers import COUNTED, QUESTIONS, TABLES, audit_ledgers
from orders.services.sale_questions import SALE_QUESTIONS

ORDER_TABLES = {
    "product": "catalog_product",
    "movement": "catalog_stockmovement",
    "orders": "orders_order",
    "line": "orders_orderline",
    "delivery": "orders_delivery",
    "payment": "orders_payment",
    "event": "orders_orderevent",
    "message": "orders_webhookmessage",
}
ORDER_COUNTED = {
    "establishments": "establishment",
    "products": "product",
    "stock_movements": "movement",
    "orders": "orders",
    "order_lines": "line",
    "payments": "payment",
    "order_events": "event",
    "webhook_messages": "message",
}

ORDER_QUESTIONS = {
    "stock_is_not_the_sum_of_its_movements": """
        SELECT product.id AS product_id, product.stock, product.reserved,
            coalesce(ledger.stock, 0) AS movements, coalesce(ledger.reserved, 0) AS holds
        FROM product
        LEFT JOIN (
            SELECT product_id, sum(stock_change) AS stock, sum(reserved_change) AS reserved
            FROM movement GROUP BY product_id
        ) AS ledger ON ledger.product_id = product.id
        WHERE (product.stock, product.reserved)
            <> (coalesce(ledger.stock, 0), coalesce(ledger.reserved, 0))
    """,
    "stock_movement_is_not_the_sum_so_far": """
        SELECT id AS movement, product_id, stock, reserved, stock_total, reserved_total
        FROM (
            SELECT id, product_id, stock, reserved,
                sum(stock_change) OVER so_far AS stock_total,
                sum(reserved_change) OVER so_far AS reserved_total
            FROM movement WINDOW so_far AS (PARTITION BY product_id ORDER BY id)
        ) AS running
        WHERE (stock, reserved) <> (stock_total, reserved_total)
    """,
    "stock_movement_does_not_fit_its_kind": """
        SELECT id AS movement, product_id, kind, stock_change, reserved_change
        FROM movement
        WHERE NOT CASE kind
            WHEN 'hold' THEN stock_change = 0 AND reserved_change > 0
            WHEN 'release' THEN stock_change = 0 AND reserved_change < 0
            WHEN 'take' THEN stock_change < 0 AND reserved_change = stock_change
            WHEN 'write_off' THEN stock_change < 0 AND reserved_change = stock_change
            WHEN 'return' THEN stock_change > 0 AND reserved_change = 0
            WHEN 'correction' THEN reserved_change = 0
        END
    """,
    "stock_movement_does_not_fit_its_line": """
        SELECT movement.id AS movement, movement.order_line_id, movement.kind
        FROM movement LEFT JOIN line ON line.id = movement.order_line_id
        WHERE movement.kind <> 'correction' AND (
            line.id IS NULL OR line.product_id <> movement.product_id
            OR greatest(abs(movement.stock_change), abs(movement.reserved_change)) <> line.quantity
        )
    """,
    "line_is_not_where_its_movements_left_it": """
        SELECT line.id AS line, line.order_id, line.stock, moved.kinds
        FROM line
        LEFT JOIN (
            SELECT order_line_id, string_agg(kind, ' ' ORDER BY id) AS kinds
            FROM movement WHERE order_line_id IS NOT NULL GROUP BY order_line_id
        ) AS moved ON moved.order_line_id = line.id
        WHERE coalesce(moved.kinds, '') NOT IN (
            CASE line.stock
                WHEN 'held' THEN 'hold'
                WHEN 'taken' THEN 'hold take'
                WHEN 'released' THEN 'hold release'
                WHEN 'returned' THEN 'hold take return'
                WHEN 'written_off' THEN 'hold write_off'
            END,
            CASE line.stock WHEN 'written_off' THEN 'hold take' ELSE 'no other way' END
        )
    """,
    "reserved_is_not_what_orders_hold": """
        SELECT product.id AS product_id, product.reserved, coalesce(held.total, 0) AS held
        FROM product
        LEFT JOIN (
            SELECT product_id, sum(quantity) AS total FROM line
            WHERE stock = 'held' GROUP BY product_id
        ) AS held ON held.product_id = product.id
        WHERE product.reserved <> coalesce(held.total, 0)
    """,
    "line_does_not_fit_its_order": """
        SELECT line.id AS line, orders.transaction_id, orders.status, line.status AS line_status,
            line.stock
        FROM line JOIN orders ON orders.id = line.order_id
        WHERE NOT CASE
            WHEN orders.status = 'reserved' THEN
                line.status = 'pending' AND line.stock IN ('held', 'taken')
            WHEN orders.status = 'cancelled' OR orders.kind = 'sale' AND line.status = 'cancelled'
                THEN line.status = 'cancelled' AND line.stock NOT IN ('held', 'taken')
            WHEN orders.status IN ('completed', 'refunded') THEN
                line.status = 'fulfilled' AND line.stock = 'taken'
            ELSE line.status IN ('pending', 'verified') AND line.stock = 'held'
        END
    """,
    "order_does_not_fit_its_lines": """
        SELECT orders.transaction_id, orders.total, found.total AS lines, found.count
        FROM orders
        LEFT JOIN (
            SELECT order_id, sum(quantity * unit_price) AS total, count(*) AS count,
                min(product_id::text)::uuid AS product_id
            FROM line GROUP BY order_id
        ) AS found ON found.order_id = orders.id
        WHERE orders.kind = 'reward' AND (
            (orders.total, orders.product_id, 1) IS DISTINCT FROM
                (found.total, found.product_id, found.count)
        )
    """,
    "order_has_no_delivery": """
        SELECT orders.transaction_id FROM orders
        WHERE NOT EXISTS (SELECT FROM delivery WHERE delivery.order_id = orders.id)
    """,
    "captured_order_still_holds_stock": """
        SELECT orders.transaction_id, line.id AS line, delivery.captured_at
        FROM line
        JOIN orders ON orders.id = line.order_id
        JOIN delivery ON delivery.order_id = orders.id
        WHERE orders.status = 'reserved'
            AND (delivery.captured_at IS NULL) <> (line.stock = 'held')
    """,
    "order_is_not_the_sum_of_its_payments": """
        SELECT orders.transaction_id, orders.charged, orders.refunded,
            coalesce(paid.charged, 0) AS charges, coalesce(paid.refunded, 0) AS refunds
        FROM orders
        LEFT JOIN (
            SELECT order_id,
                sum(amount) FILTER (WHERE kind = 'charge' AND status = 'completed') AS charged,
                sum(amount) FILTER (WHERE kind = 'refund' AND status <> 'failed') AS refunded
            FROM payment GROUP BY order_id
        ) AS paid ON paid.order_id = orders.id
        WHERE (orders.charged, orders.refunded)
            <> (coalesce(paid.charged, 0), coalesce(paid.refunded, 0))
    """,
    "payment_does_not_fit_its_coins": """
        SELECT payment.code AS payment, payment.amount, coin_entry.id AS coin_entry,
            coin_entry.amount AS coins
        FROM payment
        JOIN orders ON orders.id = payment.order_id
        LEFT JOIN coin_entry ON coin_entry.id = payment.coin_entry_id
        WHERE payment.gateway = 'coins' AND (
            (coin_entry.player_id, coin_entry.amount, coin_entry.reason) IS DISTINCT FROM (
                orders.player_id,
                CASE payment.kind WHEN 'charge' THEN -payment.amount ELSE payment.amount END,
                CASE payment.kind WHEN 'charge' THEN 'order' ELSE 'refund' END
            )
        )
    """,
    "coins_of_an_order_have_no_payment": """
        SELECT coin_entry.id AS coin_entry, coin_entry.player_id, coin_entry.amount
        FROM coin_entry
        WHERE coin_entry.reason IN ('order', 'refund') AND NOT EXISTS (
            SELECT FROM payment WHERE payment.coin_entry_id = coin_entry.id
        )
    """,
    "event_numbers_have_a_gap": """
        SELECT orders.transaction_id, orders.last_event, found.count AS events
        FROM orders
        LEFT JOIN (
            SELECT order_id, count(*) AS count, max(number) AS last FROM event GROUP BY order_id
        ) AS found ON found.order_id = orders.id
        WHERE (orders.last_event, orders.last_event) IS DISTINCT FROM (found.count, found.last)
    """,
    "message_numbers_have_a_gap": """
        SELECT orders.transaction_id, orders.last_message, found.count AS messages
        FROM orders
        LEFT JOIN (
            SELECT order_id, count(*) AS count, max(number) AS last FROM message GROUP BY order_id
        ) AS found ON found.order_id = orders.id
        WHERE (orders.last_message, orders.last_message)
            <> (coalesce(found.count, 0), coalesce(found.last, 0))
    """,
    "order_does_not_fit_its_events": """
        SELECT orders.transaction_id, orders.status, found.kinds
        FROM orders
        LEFT JOIN (
            SELECT order_id, string_agg(kind, ' ' ORDER BY number) AS kinds FROM event
            WHERE kind IN ('reservation', 'acquisition', 'cancellation') GROUP BY order_id
        ) AS found ON found.order_id = orders.id
        WHERE orders.kind = 'reward' AND coalesce(found.kinds, '') NOT IN (
            CASE orders.status
                WHEN 'reserved' THEN 'reservation'
                WHEN 'cancelled' THEN 'reservation cancellation'
                ELSE 'reservation acquisition'
            END,
            CASE orders.status
                WHEN 'cancelled' THEN 'reservation acquisition cancellation' ELSE 'no other way'
            END
        )
    """,
    "loot_does_not_fit_its_line": """
        SELECT line.id AS line, orders.transaction_id, player_order.order_id AS loot
        FROM line
        JOIN orders ON orders.id = line.order_id
        JOIN player_order ON player_order.id = line.player_order_id
        LEFT JOIN entry ON entry.order_id = player_order.id
        WHERE (player_order.player_id, entry.type, entry.quantity) IS DISTINCT FROM
                (orders.player_id, 'fill_loot', line.quantity)
            OR NOT EXISTS (
                SELECT FROM event WHERE event.order_id = orders.id
                    AND event.kind IN ('acquisition', 'completion')
            )
    """,
    "loot_was_not_taken_as_the_timeline_says": """
        SELECT orders.transaction_id, taken.order_id AS loot_taken_by
        FROM event
        JOIN orders ON orders.id = event.order_id
        CROSS JOIN jsonb_array_elements_text(
            coalesce(event.after -> 'loot_taken_by', '[]')
        ) AS taken (order_id)
        WHERE event.kind = 'cancellation' AND NOT EXISTS (
            SELECT FROM player_order AS undone
            JOIN line ON line.player_order_id = undone.undoes_id
            WHERE undone.order_id = taken.order_id AND line.order_id = orders.id
        )
    """,
}


def audit_all_ledgers(*, limit: int) -> dict[str, Any]:
    """As `audit_ledgers` of inventory, which it includes: all of one snapshot."""
    return audit_ledgers(
        limit=limit,
        tables=TABLES | ORDER_TABLES,
        counted=COUNTED | ORDER_COUNTED,
        questions=QUESTIONS | ORDER_QUESTIONS | SALE_QUESTIONS,
    )
