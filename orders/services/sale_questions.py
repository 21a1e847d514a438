"""What the audit asks of sales alone: each question finds what does not fit."""

SALE_QUESTIONS = {
    "sale_does_not_fit_its_lines": """
        SELECT orders.code, orders.status, orders.total, orders.charged, found.total AS lines,
            found.left AS lines_left, found.count, found.open
        FROM orders
        LEFT JOIN (
            SELECT order_id, sum(quantity * unit_price) AS total, count(*) AS count,
                count(*) FILTER (WHERE status IN ('pending', 'verified')) AS open,
                coalesce(
                    sum(quantity * unit_price) FILTER (WHERE status <> 'cancelled'), 0
                ) AS left,
                count(*) FILTER (WHERE status = 'fulfilled') AS fulfilled
            FROM line GROUP BY order_id
        ) AS found ON found.order_id = orders.id
        WHERE orders.kind = 'sale' AND (
            found.count IS NULL OR orders.total > found.total OR NOT CASE
                WHEN orders.status IN ('pending_payment', 'payment_failed') THEN
                    orders.total = found.left AND orders.charged = 0 AND found.open > 0
                WHEN orders.status = 'processing' THEN
                    orders.charged = orders.total AND orders.total >= found.left
                    AND found.open > 0
                WHEN orders.status IN ('completed', 'refunded') THEN
                    orders.charged = orders.total AND orders.total >= found.left
                    AND found.fulfilled > 0
                ELSE true
            END
        )
    """,
    "line_of_a_sale_has_no_offer": """
        SELECT orders.code, line.id AS line FROM line
        JOIN orders ON orders.id = line.order_id
        WHERE orders.kind = 'sale' AND line.offer_id IS NULL
    """,
    "payment_status_does_not_fit_its_payments": """
        SELECT orders.code, orders.status, orders.payment_status, orders.charged,
            found.given_back, found.live
        FROM orders
        LEFT JOIN (
            SELECT order_id,
                coalesce(sum(amount) FILTER (
                    WHERE kind = 'refund' AND status = 'completed'
                ), 0) AS given_back,
                max(status) FILTER (
                    WHERE kind = 'charge' AND status IN ('pending', 'authorized')
                ) AS live
            FROM payment GROUP BY order_id
        ) AS found ON found.order_id = orders.id
        WHERE orders.kind = 'sale' AND NOT CASE
            WHEN orders.charged > 0 THEN orders.payment_status = CASE
                WHEN found.given_back = 0 THEN 'completed'
                WHEN found.given_back < orders.charged THEN 'partially_refunded'
                ELSE 'refunded'
            END
            WHEN orders.status IN ('processing', 'completed') THEN
                orders.payment_status = 'completed'
            WHEN orders.status = 'cancelled' THEN
                found.live IS NULL AND orders.payment_status IN ('voided', 'failed', 'completed')
            WHEN found.live = 'authorized' THEN orders.payment_status = 'authorized'
            WHEN found.live = 'pending' THEN orders.payment_status = 'pending'
            ELSE orders.payment_status IN ('pending', 'failed')
        END
    """,
    "refund_does_not_fit_its_charge": """
        SELECT refund.code AS refund, charge.code AS charge, refund.amount
        FROM payment AS refund
        JOIN payment AS charge ON charge.id = refund.of_id
        LEFT JOIN line ON line.id = refund.line_id
        WHERE (charge.kind, charge.status, charge.order_id, charge.gateway, charge.currency)
                IS DISTINCT FROM
                ('charge', 'completed', refund.order_id, refund.gateway, refund.currency)
            OR (refund.line_id IS NOT NULL AND line.order_id <> refund.order_id)
    """,
    "line_is_refunded_beyond_its_price": """
        SELECT orders.code, line.id AS line, line.quantity * line.unit_price AS price,
            sum(refund.amount) AS refunded
        FROM payment AS refund
        JOIN line ON line.id = refund.line_id
        JOIN orders ON orders.id = line.order_id
        WHERE refund.kind = 'refund' AND refund.status <> 'failed'
        GROUP BY orders.code, line.id, line.quantity, line.unit_price
        HAVING sum(refund.amount) > line.quantity * line.unit_price
    """,
    "refunded_sale_keeps_money": """
        SELECT orders.code, orders.charged, orders.refunded FROM orders
        WHERE orders.kind = 'sale' AND orders.status = 'refunded'
            AND (orders.charged = 0 OR orders.refunded <> orders.charged)
    """,
    "sale_does_not_fit_its_events": """
        SELECT orders.code, orders.status, found.kinds
        FROM orders
        LEFT JOIN (
            SELECT order_id, string_agg(kind, ' ' ORDER BY number) AS kinds FROM event
            WHERE kind IN ('creation', 'completion', 'cancellation') GROUP BY order_id
        ) AS found ON found.order_id = orders.id
        WHERE orders.kind = 'sale' AND coalesce(found.kinds, '') <> CASE
            WHEN orders.status IN ('completed', 'refunded') THEN 'creation completion'
            WHEN orders.status = 'cancelled' THEN 'creation cancellation'
            ELSE 'creation'
        END
    """,
}
