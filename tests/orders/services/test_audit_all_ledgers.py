import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from orders.cancelling import Cancelling, Stock
from orders.services.audit_all_ledgers import ORDER_QUESTIONS, audit_all_ledgers
from orders.services.cancel_order import cancel_order
from orders.services.refund_order import refund_order
from orders.vocabulary import Reason
from players.models import Establishment
from players.services.change_coins import change_coins
from tests.factories import ItemFactory, LootFactory
from tests.orders.ordering import (
    a_captured_order,
    a_completed_order,
    a_loot_order,
    a_sent_order,
)
from tests.orders.reserving import a_player, a_reservation

pytestmark = pytest.mark.django_db(transaction=True)

APPEND_ONLY = (
    "players_coinentry",
    "catalog_stockmovement",
    "orders_orderevent",
    "orders_webhookmessage",
)

# One statement for each finding, run without triggers in its way.
CORRUPTIONS = {
    "stock_is_not_the_sum_of_its_movements": "UPDATE catalog_product SET stock = stock + 1",
    "stock_movement_is_not_the_sum_so_far": "UPDATE catalog_stockmovement SET stock = stock + 1",
    "stock_movement_does_not_fit_its_kind": """
        UPDATE catalog_stockmovement SET reserved_change = 0, stock_change = 1 WHERE kind = 'hold'
    """,
    "stock_movement_does_not_fit_its_line": """
        UPDATE catalog_stockmovement SET stock_change = 2 WHERE kind = 'return'
    """,
    "line_is_not_where_its_movements_left_it": """
        UPDATE orders_orderline SET stock = 'returned' WHERE stock = 'released'
    """,
    "reserved_is_not_what_orders_hold": """
        UPDATE orders_orderline SET stock = 'released' WHERE stock = 'held'
    """,
    "line_does_not_fit_its_order": """
        UPDATE orders_orderline SET status = 'pending' WHERE status = 'fulfilled'
    """,
    "order_does_not_fit_its_lines": "UPDATE orders_order SET total = total + 1",
    "order_has_no_delivery": """
        DELETE FROM orders_delivery WHERE id = (SELECT min(id) FROM orders_delivery)
    """,
    "captured_order_still_holds_stock": """
        UPDATE orders_delivery SET captured_at = now()
        FROM orders_orderline AS line
        WHERE line.order_id = orders_delivery.order_id AND line.stock = 'held'
    """,
    "order_is_not_the_sum_of_its_payments": """
        UPDATE orders_order SET refunded = 0 WHERE refunded > 0
    """,
    "payment_does_not_fit_its_coins": "UPDATE players_coinentry SET amount = amount - 1",
    "coins_of_an_order_have_no_payment": """
        DELETE FROM orders_payment WHERE kind = 'refund'
    """,
    "event_numbers_have_a_gap": "DELETE FROM orders_orderevent WHERE number = 1",
    "message_numbers_have_a_gap": "UPDATE orders_order SET last_message = last_message + 1",
    "order_does_not_fit_its_events": """
        UPDATE orders_orderevent SET kind = 'note' WHERE kind = 'acquisition'
    """,
    "loot_does_not_fit_its_line": """
        UPDATE inventory_playerorderentry SET quantity = 2 WHERE type = 'fill_loot'
    """,
    "loot_was_not_taken_as_the_timeline_says": """
        UPDATE inventory_playerorder SET undoes_id = NULL WHERE undoes_id IS NOT NULL
    """,
}


@pytest.fixture
def orders():
    """One in each state, and coins that were given."""
    player = a_player()
    change_coins(Establishment.objects.get(), change=Decimal(100), by="system")
    change_coins(player, change=Decimal(10), by="key:1")
    a_reservation()
    a_captured_order()
    a_completed_order()
    refund_order(a_completed_order(), amount=Decimal(100), reason=Reason.MISTAKE, by="staff:1")
    loot = LootFactory(item=ItemFactory(), quantity=5)
    for order, stock in (
        (a_reservation(player=player), Stock.RETURN),
        (a_reservation(), Stock.WRITE_OFF),
        (a_sent_order(), Stock.WRITE_OFF),
        (a_loot_order(loot), Stock.RETURN),
    ):
        cancel_order(order, how=Cancelling(stock=stock, reason=Reason.FRAUD), by="staff:1")


@pytest.fixture
def corrupt():
    with connection.cursor() as cursor:

        def run(statement):
            for table in APPEND_ONLY:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement)
            assert cursor.rowcount > 0

        yield run
        for table in APPEND_ONLY:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_truncate")


def test_sound_orders_have_no_findings(orders, capsys):
    call_command("audit_ledgers")

    audit = json.loads(capsys.readouterr().out)
    assert (audit["total"], audit["findings"]) == (0, [])
    assert {
        name: audit["checked"][name]
        for name in ("establishments", "products", "orders", "order_lines", "payments")
    } == {
        "establishments": 8,
        "products": 8,
        "orders": 8,
        "order_lines": 8,
        "payments": 13,
    }


@pytest.mark.parametrize("finding", ORDER_QUESTIONS)
def test_corruption_of_orders_is_found(orders, corrupt, finding):
    corrupt(CORRUPTIONS[finding])

    found = audit_all_ledgers(limit=100)

    assert finding in {each["finding"] for each in found["findings"]}
    assert found["total"] == len(found["findings"])
