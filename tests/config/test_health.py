from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import PlayerOrder
from orders.models import Export, Mail, Order, Payment, WebhookDelivery, WebhookEndpoint
from orders.services.open_charge import open_charge
from tests.factories import PlayerFactory
from tests.orders.exporting import an_export
from tests.orders.paying import a_paid_sale, pay, refund, settle_all
from tests.orders.reserving import a_reservation
from tests.orders.selling import a_sale

HOUR = timedelta(hours=1)
LATE = ["reservations", "webhooks", "mail", "payments", "exports"]
NOWHERE = "redis://127.0.0.1:1/0"


def wait_since(moment):
    return PlayerOrder.objects.create(
        order_id="slow",
        player=PlayerFactory(),
        source="CLIENT",
        permissions=[],
        placed_by="system",
        dice_seed=b"\0" * 16,
        created_time=moment,
    )


def late_by_an_hour():
    """A reservation, a webhook, a mail, a payment and an export that no worker has cared for."""
    then = timezone.now() - HOUR
    an_export()
    Export.objects.update(due_at=then)
    pay(a_sale(), "tok_timeout")
    Payment.objects.update(ask_at=then, created_at=then)
    order = a_reservation()
    Order.objects.rewards().update(expires_at=then)
    endpoint = WebhookEndpoint.objects.create(
        establishment=order.establishment, url="https://example.com/", free_at=then
    )
    WebhookDelivery.objects.create(
        message=order.messages.get(),
        endpoint=endpoint,
        give_up_at=then + 2 * HOUR,
        due_at=then - HOUR,
        created_at=then,
    )
    Mail.objects.create(order=order, event="order.sent", due_at=then, created_at=then)


def gauges(client):
    lines = client.get("/metrics").content.decode().splitlines()
    ours = (line.split() for line in lines if line.startswith("quartermaster_"))
    return {name.removeprefix("quartermaster_"): float(value) for name, value in ours}


def test_livez_asks_no_database(client):
    answer = client.get("/livez")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db(transaction=True)
def test_readyz_when_all_is_well(client):
    wait_since(timezone.now())

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "player_orders": "ok", "broker": "ok"},
        "late": [],
    }


@pytest.mark.django_db(transaction=True)
def test_readyz_names_an_order_that_waits_too_long(client, settings):
    settings.PLAYER_ORDER_READY_MAX_WAIT = timedelta(seconds=60)
    wait_since(timezone.now() - timedelta(seconds=3600))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "ok"
    assert answer.json()["checks"]["player_orders"].startswith("the oldest waits for 36")


@pytest.mark.django_db(transaction=True)
def test_readyz_names_a_broker_that_does_not_answer(client, settings):
    settings.REDIS_URL = NOWHERE

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing",
        "checks": {
            "database": "ok",
            "player_orders": "ok",
            "broker": "does not answer (ConnectionError)",
        },
        "late": [],
    }


def test_readyz_names_a_database_that_does_not_answer(client, monkeypatch):
    monkeypatch.setattr("django.db.connection.get_connection_params", lambda: {"port": 1})

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failing",
        "checks": {
            "database": "does not answer (OperationalError)",
            "player_orders": "unknown",
            "broker": "ok",
        },
        "late": [],
    }


@pytest.mark.django_db(transaction=True)
def test_metrics_say_how_many_orders_wait_and_how_long(client):
    wait_since(timezone.now() - timedelta(seconds=3600))

    lines = client.get("/metrics").content.decode().splitlines()

    assert "quartermaster_player_orders_waiting 1.0" in lines
    [oldest] = [line for line in lines if line.startswith("quartermaster_player_orders_oldest")]
    assert 3600 <= float(oldest.split()[1]) < 3660
    assert any(line.startswith("django_http_requests_before_middlewares_total") for line in lines)


@pytest.mark.django_db(transaction=True)
def test_metrics_of_an_idle_system_are_all_nought(client):
    assert gauges(client) == {
        f"{name}_{what}": 0 for name in LATE for what in ("waiting", "late_seconds")
    } | {
        "player_orders_waiting": 0,
        "player_orders_oldest_wait_seconds": 0,
        "payments_unknown_seconds": 0,
        "refunds_failed": 0,
    }


@pytest.mark.django_db(transaction=True)
def test_metrics_say_what_of_orders_waits_and_how_late_it_is(client):
    late_by_an_hour()

    found = gauges(client)

    for name in LATE:
        assert found[f"{name}_waiting"] == 1
        assert 3600 <= found[f"{name}_late_seconds"] < 3660


@pytest.mark.django_db(transaction=True)
def test_metrics_call_nothing_late_whose_time_has_not_come(client):
    late_by_an_hour()
    soon = timezone.now() + HOUR
    Order.objects.update(expires_at=soon)
    WebhookEndpoint.objects.update(free_at=soon)
    Mail.objects.update(due_at=soon)
    Payment.objects.filter(ask_at__isnull=False).update(ask_at=soon)
    Export.objects.update(due_at=soon)

    found = gauges(client)

    assert [found[f"{name}_waiting"] for name in LATE] == [0, 1, 1, 1, 1]
    for name in LATE:
        assert found[f"{name}_late_seconds"] == 0


@pytest.mark.django_db(transaction=True)
def test_readyz_names_what_is_late_and_stays_ready(client, settings):
    late_by_an_hour()

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["late"] == LATE
    settings.LATE_AFTER = 2 * HOUR
    assert client.get("/readyz").json()["late"] == []


@pytest.mark.django_db(transaction=True)
def test_metrics_count_no_further_than_needed(client, monkeypatch):
    monkeypatch.setattr("inventory.backlog.COUNTED", 1)
    player = PlayerFactory()
    for number in range(2):
        PlayerOrder.objects.create(
            order_id=f"order {number}",
            player=player,
            source="CLIENT",
            permissions=[],
            placed_by="system",
            dice_seed=b"\0" * 16,
            created_time=timezone.now(),
        )

    assert b"quartermaster_player_orders_waiting 1.0" in client.get("/metrics").content


def test_metrics_of_a_database_that_does_not_answer_are_absent(client, monkeypatch):
    monkeypatch.setattr("django.db.connection.get_connection_params", lambda: {"port": 1})

    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert b"django_http_" in answer.content
    assert b"quartermaster_" not in answer.content


@pytest.mark.django_db(transaction=True)
def test_metrics_say_what_of_payments_needs_people(client):
    waits_for_its_buyer, unknown, failed = a_sale(), a_sale(), a_paid_sale(token="tok_refundFails")
    open_charge(waits_for_its_buyer, amount=waits_for_its_buyer.total, by="player:1")
    pay(unknown, "tok_timeout")
    refund(failed, 1)
    settle_all(failed)
    Payment.objects.filter(order=waits_for_its_buyer).update(created_at=timezone.now() - 2 * HOUR)
    Payment.objects.filter(order=unknown).update(created_at=timezone.now() - HOUR)

    found = gauges(client)

    assert 3600 <= found["payments_unknown_seconds"] < 3660
    assert (found["payments_waiting"], found["refunds_failed"]) == (2, 1)
