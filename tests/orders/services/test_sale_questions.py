from decimal import Decimal

import pytest
from django.db import connection, transaction

from inventory.services.audit_ledgers import QUESTIONS, TABLES, find_faults
from orders.services.act_on_items import ItemAction, act_on_items
from orders.services.audit_all_ledgers import ORDER_QUESTIONS, ORDER_TABLES
from orders.services.sale_questions import SALE_QUESTIONS
from orders.services.settle_payments import settle_payments
from tests.factories import ItemFactory, LootFactory, OfferFactory
from tests.orders.api.sales.states import STATES
from tests.orders.paying import a_paid_sale, refund
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db

# One statement for each finding.
CORRUPTIONS = {
    "sale_does_not_fit_its_lines": [
        "UPDATE orders_orderline SET quantity = 3 WHERE status = 'pending'",
        "UPDATE orders_order SET total = total + 1 WHERE status = 'completed'",
        "UPDATE orders_orderline SET status = 'cancelled' WHERE status = 'fulfilled'",
        "UPDATE orders_orderline SET status = 'fulfilled' WHERE status = 'verified'",
    ],
    "line_of_a_sale_has_no_offer": ["UPDATE orders_orderline SET offer_id = NULL"],
    "payment_status_does_not_fit_its_payments": [
        f"UPDATE orders_order SET payment_status = '{wrong}' WHERE {which}"  # noqa: S608 - constants of this file
        for wrong, which in (
            ("completed", "status = 'pending_payment'"),
            ("failed", "status = 'processing'"),
            ("pending", "status = 'cancelled'"),
            ("pending", "payment_status = 'authorized'"),
            ("refunded", "payment_status = 'partially_refunded'"),
            ("completed", "payment_status = 'refunded'"),
        )
    ],
    "refund_does_not_fit_its_charge": [
        "UPDATE orders_payment SET gateway = 'other' WHERE kind = 'refund'",
        "UPDATE orders_payment SET currency = 'EUR' WHERE kind = 'charge'",
        """
        UPDATE orders_payment SET order_id = (
            SELECT id FROM orders_order WHERE status = 'pending_payment' LIMIT 1
        ) WHERE kind = 'refund'
        """,
    ],
    "line_is_refunded_beyond_its_price": [
        "UPDATE orders_orderline SET unit_price = 1 WHERE status = 'cancelled'"
    ],
    "refunded_sale_keeps_money": [
        "UPDATE orders_order SET refunded = refunded - 1 WHERE status = 'refunded'"
    ],
    "sale_does_not_fit_its_events": [
        f"UPDATE orders_orderevent SET kind = 'note' WHERE kind = '{kind}'"  # noqa: S608
        for kind in ("creation", "completion", "cancellation")
    ],
}


@pytest.fixture
def sales():
    """One in each state, some with items cancelled and refunds in each state."""
    price = Decimal("99.98")
    for state in STATES.values():
        state(a_sale(OfferFactory(base_price=price)))
    a_sale(OfferFactory(base_price=0))
    offers = [
        OfferFactory(base_price=price, product__loot=loot)
        for loot in (None, LootFactory(item=ItemFactory(), quantity=5))
    ]
    for order in (
        a_sale(*offers),
        a_paid_sale(*offers),
        a_paid_sale(*offers, token="tok_refundFails"),
    ):
        first, second = order.lines.order_by("position")
        cancel = ItemAction(item_code=first.code, action="cancel", reason="Out of stock")
        verify = ItemAction(item_code=second.code, action="verify")
        act_on_items(order, actions=[verify, cancel], by="key:1")
    refund(a_paid_sale(*offers), 50)
    STATES["completed"](a_sale(*offers))
    settle_payments(4)


def findings():
    questions = QUESTIONS | ORDER_QUESTIONS | SALE_QUESTIONS
    _, found = find_faults(limit=100, tables=TABLES | ORDER_TABLES, questions=questions)
    return {each["finding"] for each in found}


def after(statement):
    """What is found when the statement has been run; it is undone again."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE orders_orderevent DISABLE TRIGGER USER")
        cursor.execute(statement)
        assert cursor.rowcount > 0, statement
        found = findings()
        transaction.set_rollback(True)
    return found


def test_sound_sales_have_no_findings(sales):
    assert findings() == set()


def test_each_corruption_of_sales_is_found(sales):
    missed = [
        (finding, statement)
        for finding, statements in CORRUPTIONS.items()
        for statement in statements
        if finding not in after(statement)
    ]

    assert missed == []
    assert CORRUPTIONS.keys() == SALE_QUESTIONS.keys()
