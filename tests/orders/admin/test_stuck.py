from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import PlayerOrder
from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.admin.stuck import stuck_orders
from orders.backlog import read_trouble_with_payments
from orders.models import Delivery, Mail, Order, Payment, WebhookDelivery, WebhookEndpoint
from orders.services.complete_order import complete_order
from orders.services.retry_refund import why_not_retried
from tests.factories import LootFactory, ProductFactory
from tests.orders import states
from tests.orders.admin.asking import ORDERS, support
from tests.orders.paying import a_paid_sale, refund, settle_all
from tests.staff import staff

pytestmark = pytest.mark.django_db
OTHERS = ("order_by_payment_status", "order_by_status", "order_open_by_last_change")


def overdue():
    order = states.reserved()
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    return order


def unsent():
    order = states.captured()
    Delivery.objects.filter(order=order).update(captured_at=timezone.now() - timedelta(days=3))
    return order


def without_loot():
    order = states.completed(product=ProductFactory(loot=LootFactory()))
    PlayerOrder.objects.update(created_time=timezone.now() - timedelta(minutes=5))
    return order


def without_all_loot():
    order = states.completed(product=ProductFactory(loot=LootFactory(active=False)))
    fulfil_waiting(10)
    return order


def untold():
    order = states.reserved()
    message = order.messages.get()
    endpoint = WebhookEndpoint.objects.create(
        establishment=order.establishment, url="https://example.com"
    )
    now = timezone.now()
    delivery = WebhookDelivery(
        message=message, endpoint=endpoint, give_up_at=now, due_at=now, created_at=now
    )
    delivery.give_up()
    delivery.save()
    return order


def unmailed():
    order = states.completed()
    mail = Mail.objects.get(order=order)
    mail.give_up()
    mail.save()
    return order


def undelivered():
    order = a_paid_sale()
    Order.objects.filter(pk=order.pk).update(updated_at=timezone.now() - timedelta(days=3))
    return order


def paid_back():
    """Also long after: it is not delivered, but nobody has paid for it."""
    order = a_paid_sale()
    refund(order, order.total)
    settle_all(order)
    Order.objects.filter(pk=order.pk).update(updated_at=timezone.now() - timedelta(days=3))
    return order


def in_flight():
    order = a_paid_sale(token="tok_timeout")
    Payment.objects.filter(order=order).update(created_at=timezone.now() - timedelta(hours=1))
    return order


def not_refunded():
    order = a_paid_sale(token="tok_refundFails")
    refund(order, order.total)
    settle_all(order)
    return order


def disputed():
    order = a_paid_sale()
    Payment.objects.filter(order=order).update(dispute="open")
    return order


WAYS = {
    "overdue": overdue,
    "unsent": unsent,
    "delayed": states.delayed,
    "undelivered": undelivered,
    "paid_back": paid_back,
    "in_flight": in_flight,
    "refund_failed": not_refunded,
    "disputed": disputed,
    "loot": without_loot,
    "loot_failed": without_all_loot,
    "untold": untold,
    "unmailed": unmailed,
}


def figures(client):
    stuck = client.get("/admin/").context["stuck"]
    return {each["url"].partition("stuck=")[2]: each["figure"] for each in stuck}


@pytest.mark.parametrize("way", WAYS)
def test_order_that_is_stuck_is_counted_and_listed(way):
    for state in states.STATES:
        if state is not states.delayed:
            state()
    order = WAYS[way]()
    client = support()

    listed = client.get(ORDERS, {"stuck": way}).context["cl"].result_list

    assert figures(client) == {**dict.fromkeys(WAYS, "0"), way: "1"}
    assert [row.pk for row in listed] == [order.pk]


@pytest.mark.parametrize(
    ("way", "index"),
    [
        ("untold", "webhook_given_up"),
        ("unmailed", "mail_given_up"),
        ("paid_back", "sale_paid_back_not_ended"),
        ("disputed", "payment_disputed"),
    ],
)
def test_what_needs_people_is_found_by_an_index_of_it(way, index):
    with connection.cursor() as cursor:
        # The tables of the test are so small that any index costs more than none.
        cursor.execute("SET LOCAL enable_seqscan = off")
        # Which of those that serve is the smallest depends on the tests before.
        cursor.execute(f"DROP INDEX {', '.join(OTHERS)}")

    assert index in stuck_orders(way, Order.objects.all()).explain()


def test_lost_dispute_needs_people_while_the_goods_can_be_kept_back():
    order = a_paid_sale()
    Payment.objects.filter(order=order).update(dispute="lost")
    client = support()
    assert figures(client)["disputed"] == "1"

    complete_order(order=order, by="staff:1")

    assert figures(client)["disputed"] == "0"


def test_refund_that_another_has_replaced_needs_nobody():
    order = not_refunded()
    failed = order.payments.get(kind="refund")
    refund(order, order.total)

    other = order.payments.exclude(pk=failed.pk).get(kind="refund")
    failed = Payment.objects.get(pk=failed.pk)
    assert figures(support())["refund_failed"] == "0"
    assert why_not_retried(failed) == f"The money was given back by {other.code}."
    with connection.cursor() as cursor:
        assert read_trouble_with_payments(cursor).failed_refunds == 0


def test_way_that_does_not_exist_lists_nothing():
    states.reserved()

    assert list(support().get(ORDERS, {"stuck": "x"}).context["cl"].result_list) == []


def test_start_page_asks_no_more_for_many_than_for_none():
    client = support()
    client.get("/admin/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get("/admin/")
        counts.append(len(asked))
        for way in WAYS.values():
            way()

    assert counts == [counts[0]] * 2
    assert counts[0] < 30


def test_who_may_not_see_orders_is_told_nothing_of_them():
    assert "stuck" not in staff("players.view_player").get("/admin/").context
