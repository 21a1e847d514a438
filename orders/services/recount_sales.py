"""What sales come to (DOMAIN 3.5), as parts of SQL: the one definition of orders and revenue.

The fold writes what they find; the metrics ask them for what is not folded; the audit compares.
"""

from collections.abc import Iterable

from orders.models.metrics import SaleTotal
from orders.models.orders import Order
from orders.vocabulary import PaymentStatus

# Paid and not refunded in full, whatever its status says of its goods.
EARNING = (Order.Status.PROCESSING, Order.Status.COMPLETED)
EARNS = f"status = ANY(%(earning)s) AND payment_status <> '{PaymentStatus.REFUNDED}'"
# The sales of the days of `open_day`; of all establishments where none is given.
SALES = f"""
    SELECT open_day.day, sale.id, sale.establishment_id, sale.status, sale.total, sale.currency,
        sale.payment_method, {EARNS} AS earns
    FROM open_day
    CROSS JOIN LATERAL (
        SELECT * FROM orders_order
        WHERE kind = 'sale'
            AND created_at >= open_day.day::timestamp AT TIME ZONE 'UTC'
            AND created_at < (open_day.day + 1)::timestamp AT TIME ZONE 'UTC'
            AND (%(establishment)s::uuid IS NULL OR establishment_id = %(establishment)s)
            AND (%(currency)s::text IS NULL OR currency = %(currency)s)
    ) AS sale
"""  # noqa: S608 - of constants
CELL = "dimension, day, establishment_id, key, currency, orders, revenue"
# Of the type of the totals' column: as text, all of them would be wider, and sorted to be added up.
CELLS = {
    SaleTotal.Dimension.STATUS: """
        SELECT 'status'::varchar, day, establishment_id, status, currency, count(*),
            coalesce(sum(total) FILTER (WHERE earns), 0)
        FROM sale GROUP BY day, establishment_id, status, currency
    """,
    SaleTotal.Dimension.PAYMENT_METHOD: """
        SELECT 'payment_method'::varchar, day, establishment_id, payment_method, currency, count(*),
            coalesce(sum(total) FILTER (WHERE earns), 0)
        FROM sale GROUP BY day, establishment_id, payment_method, currency
    """,
    # Of an offer: the orders that have it, and what its items came to that were not cancelled. Each
    # order looks up its own lines: never all lines for the orders of a day.
    SaleTotal.Dimension.OFFER: """
        SELECT 'offer'::varchar, day, establishment_id, sold.offer_id, currency, count(*),
            coalesce(sum(sold.amount) FILTER (WHERE earns), 0)
        FROM sale CROSS JOIN LATERAL (
            SELECT offer_id, sum(quantity * unit_price) FILTER (WHERE line.status <> 'cancelled')
                AS amount
            FROM orders_orderline AS line
            WHERE line.order_id = sale.id AND offer_id IS NOT NULL
            GROUP BY offer_id
        ) AS sold
        GROUP BY day, establishment_id, sold.offer_id, currency
    """,
}


def cells_of(dimensions: Iterable[str]) -> str:
    """A query of the cells of `sale`: of each day, establishment, key and currency."""
    return " UNION ALL ".join(CELLS[SaleTotal.Dimension(each)] for each in dimensions)
