"""`Idempotency-Key` on every POST: sent twice, done once, answered alike."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import orjson
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.idempotency import IdempotentRequest, purge_idempotent_calls
from inventory.api import placing
from inventory.models import InventoryRecord, PlayerOrder
from players.models import IdempotentCall
from tests.factories import LootFactory, PlayerFactory

ME = "/inventory/v2/player/me/order"
KEY = {"Idempotency-Key": "a key"}
REUSED = {
    "detail": [
        {
            "loc": ["header", "Idempotency-Key"],
            "msg": "Idempotency-Key was used before for another request",
            "type": "idempotency_key_reused",
        }
    ]
}
RUNNING = {
    "auth_success": True,
    "error_code": "call_still_running",
    "desc": "The first request with this Idempotency-Key is still running",
}


@pytest.fixture
def order(db):
    return {"entries": [{"type": "fill_loot", "loot_id": LootFactory().pk, "quantity": 1}]}


def answer(response):
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.status_code, headers, response.content


def test_order_sent_twice_with_a_key_is_done_once_and_answered_alike(api, player, order):
    first, second = api.post(ME, order, **KEY), api.post(ME, order, **KEY)

    assert first.status_code == 200
    assert answer(second) == answer(first)
    assert PlayerOrder.objects.count() == 1
    assert InventoryRecord.objects.get(player=player).count == 1


def test_order_accepted_is_answered_alike_even_when_it_is_done(api, order):
    first = api.post(ME, order, Prefer="respond-async", **KEY)
    PlayerOrder.objects.all().update(state="done", outcome="failed", done_time=timezone.now())

    second = api.post(ME, order, Prefer="respond-async", **KEY)

    assert first.status_code == 202
    assert first["Location"] == f"{ME}/{first.json()['order_id']}"
    assert answer(second) == answer(first)


def test_many_orders_sent_twice_with_a_key_are_placed_once(as_key, player, order):
    server = as_key("inv:*")
    body = {"orders": [{**order, "player_id": player.pk}, {**order, "player_id": player.pk}]}

    first = server.post("/inventory/v1/order", body, **KEY)
    second = server.post("/inventory/v1/order", body, **KEY)

    assert answer(second) == answer(first)
    assert len(set(first.json()["order_ids"])) == 2
    assert PlayerOrder.objects.count() == 2


@pytest.mark.parametrize("change", ["body", "path"])
def test_key_used_for_another_call_is_refused(as_key, player, order, change):
    server = as_key("inv:*")
    path = f"/inventory/v2/player/{player.uuid}/order"
    server.post(path, order, **KEY)

    if change == "body":
        response = server.post(path, {**order, "match_id": "other"}, **KEY)
    else:
        other = PlayerFactory()
        response = server.post(f"/inventory/v2/player/{other.uuid}/order", order, **KEY)

    assert (response.status_code, response.json()) == (422, REUSED)
    assert PlayerOrder.objects.count() == 1


def test_key_is_its_callers_own(as_key, player, order):
    path = f"/inventory/v2/player/{player.uuid}/order"

    first, second = (
        as_key("inv:*").post(path, order, **KEY),
        as_key("inv:*").post(path, order, **KEY),
    )

    assert first.json()["order_id"] != second.json()["order_id"]
    assert PlayerOrder.objects.count() == 2


def test_call_still_running_is_a_conflict(api, order):
    api.post(ME, order, **KEY)
    IdempotentCall.objects.update(status=None, started_at=timezone.now() - timedelta(seconds=55))

    response = api.post(ME, order, **KEY)

    assert (response.status_code, response["Retry-After"], response.json()) == (409, "1", RUNNING)
    assert PlayerOrder.objects.count() == 1


def test_call_still_running_is_no_call_with_another_body(api, order):
    api.post(ME, order, **KEY)
    IdempotentCall.objects.update(status=None, started_at=timezone.now())

    response = api.post(ME, {**order, "match_id": "other"}, **KEY)

    assert (response.status_code, response.json()) == (422, REUSED)


def test_call_that_died_after_its_order_is_taken_over_and_places_no_second(api, player, order):
    first = api.post(ME, order, **KEY)
    IdempotentCall.objects.update(
        status=None, body=None, started_at=timezone.now() - timedelta(seconds=61)
    )

    second = api.post(ME, order, **KEY)

    assert (second.status_code, second.content) == (200, first.content)
    assert PlayerOrder.objects.count() == 1
    assert InventoryRecord.objects.get(player=player).count == 1
    assert answer(api.post(ME, order, **KEY)) == answer(second)


def test_call_taken_over_meanwhile_leaves_the_end_to_the_other(api, order, monkeypatch):
    place = placing.place_player_order

    def slow(**arguments):
        IdempotentCall.objects.update(started_at=timezone.now() + timedelta(seconds=61))
        return place(**arguments)

    monkeypatch.setattr(placing, "place_player_order", slow)

    assert api.post(ME, order, **KEY).status_code == 200
    assert IdempotentCall.objects.get().status is None


@pytest.mark.parametrize("fault", [OperationalError("gone"), RuntimeError("bug")])
def test_call_that_fails_is_not_remembered(api, order, monkeypatch, fault):
    def fail(**_):
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(placing, "place_player_order", fail)
        response = api.post(ME, order, **KEY)
    assert (response.status_code, response.json()["error_code"]) == (500, "internal_error")
    assert IdempotentCall.objects.get().status is None

    assert api.post(ME, order, **KEY).status_code == 200


def test_call_that_fails_after_its_effect_does_nothing_twice(api, order, monkeypatch):
    place = placing.place_player_order

    def fail(**arguments):
        place(**arguments)
        raise RuntimeError("bug")

    with monkeypatch.context() as broken:
        broken.setattr(placing, "place_player_order", fail)
        assert api.post(ME, order, **KEY).status_code == 500

    assert api.post(ME, order, **KEY).status_code == 200
    assert PlayerOrder.objects.count() == 1


def test_call_that_is_forgotten_is_another_call(api, order):
    first = api.post(ME, order, **KEY)
    purge_idempotent_calls(before=timezone.now())

    second = api.post(ME, order, **KEY)

    assert (first.status_code, second.status_code) == (200, 200)
    assert PlayerOrder.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "remembered"), [(200, True), (422, True), (500, False)])
def test_call_that_answers_5xx_is_not_remembered(status, remembered):
    call = IdempotentRequest(caller="key:1", key="k", method="POST", path="/", body=b"")

    assert call.answer(lambda: HttpResponse(b"first", status=status)).content == b"first"

    again = call.answer(lambda: HttpResponse(b"second"))
    assert again.content == (b"first" if remembered else b"second")


def test_call_that_is_refused_is_not_remembered(api, place, order):
    place(by=PlayerFactory(), order_id="taken")

    refused = api.post(ME, {**order, "order_id": "taken"}, **KEY)
    mended = api.post(ME, order, **KEY)

    assert (refused.status_code, mended.status_code) == (422, 200)


def test_order_id_of_the_caller_goes_before_the_one_made_from_the_key(api, order):
    assert api.post(ME, {**order, "order_id": "mine"}, **KEY).json()["order_id"] == "mine"


def test_order_without_a_key_is_placed_as_often_as_it_is_sent(api, order):
    first, second = api.post(ME, order), api.post(ME, order)

    assert first.json()["order_id"] != second.json()["order_id"]
    assert not IdempotentCall.objects.exists()


def test_key_costs_three_statements(api, order):
    def statements(**headers):
        with CaptureQueriesContext(connection) as queries:
            api.post(ME, order, **headers)
        return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]

    api.post(ME, order)
    assert len(statements(**KEY)) == len(statements()) + 3


@pytest.mark.parametrize(("calls", "batch"), [(0, 2), (1, 2), (5, 2)])
def test_old_calls_are_purged_in_batches(db, calls, batch):
    now = timezone.now()
    ages = [timedelta(hours=25)] * calls + [timedelta(hours=23)]
    IdempotentCall.objects.bulk_create(
        IdempotentCall(caller="key:1", key=str(uuid.uuid4()), fingerprint=b"", started_at=now - age)
        for age in ages
    )

    assert purge_idempotent_calls(batch=batch) == calls
    assert IdempotentCall.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_with_one_key_at_the_same_moment_are_one_call(api, order, player):
    def call(start):
        start.wait()
        try:
            return api.post(ME, order, **KEY)
        finally:
            connection.close()

    start = Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        responses = [future.result() for future in [threads.submit(call, start) for _ in range(4)]]

    [first, *others] = sorted(responses, key=lambda response: response.status_code)
    assert first.status_code == 200
    for other in others:
        assert (other.status_code, other.content) in (
            (200, first.content),
            (409, orjson.dumps(RUNNING)),
        )
    assert PlayerOrder.objects.count() == 1
    assert InventoryRecord.objects.get(player=player).count == 1
