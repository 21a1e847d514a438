"""POST /webhooks/replay."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.models import WebhookDelivery
from tests.orders.receiving import an_endpoint
from tests.orders.reserving import a_reservation

pytestmark = pytest.mark.django_db
PATH = "/webhooks/replay"
SCOPE = "webhooks:replay"


@pytest.fixture
def order(player, establishment):
    order = a_reservation(player=player)
    an_endpoint(establishment, "https://example.com/")
    return order


@pytest.fixture
def body():
    return {"since": (timezone.now() - timedelta(hours=1)).isoformat()}


def told(answer):
    return answer.status_code, answer.json()


def test_replay_sends_what_was_missed(as_key, order, body):
    api = as_key(SCOPE)

    assert told(api.post(PATH, body)) == (200, {"replayed": 1, "nextSince": None})
    assert told(api.post(PATH, body)) == (200, {"replayed": 0, "nextSince": None})
    assert WebhookDelivery.objects.get().state == "waiting"


def test_repeated_replay_is_answered_alike(as_key, order, body):
    api = as_key(SCOPE)
    answers = [told(api.post(PATH, body, **{"Idempotency-Key": "once"})) for _ in range(2)]

    assert answers == [(200, {"replayed": 1, "nextSince": None})] * 2


def test_key_of_no_establishment_says_which(as_key, order, body, establishment):
    api = as_key(SCOPE, of=None)

    assert told(api.post(PATH, body)) == (
        400,
        {"message": "establishmentId: This field is required."},
    )
    said = {**body, "establishmentId": str(establishment.pk)}
    assert told(api.post(PATH, said)) == (200, {"replayed": 1, "nextSince": None})


def test_replay_of_another_establishment_is_forbidden(as_key, order, body):
    other = a_reservation().establishment

    answer = as_key(SCOPE).post(PATH, {**body, "establishmentId": str(other.pk)})

    assert told(answer) == (403, {"message": "Forbidden"})
    assert WebhookDelivery.objects.count() == 0


def test_replay_is_part_of_everything_with_orders(as_key, order, body):
    assert told(as_key("orders:*").post(PATH, body)) == (200, {"replayed": 1, "nextSince": None})


def test_replay_needs_its_scope_and_a_key(as_key, as_player, order, body):
    for api in (as_key("orders:read", "coins:change"), as_player(SCOPE), as_player("orders:*")):
        assert told(api.post(PATH, body)) == (403, {"message": "Forbidden"})
    assert WebhookDelivery.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": None}, {"since": "yesterday"}, {"since": 7},
        {"since": "0001-01-01T00:00:00+23:00"},
        {"transactionId": "x"}, {"endpointId": 7}, {"includeDelivered": "yes"}, {"until": ""},
    ],
)  # fmt: skip
def test_replay_of_what_is_no_question(as_key, order, body, wrong):
    answer = as_key(SCOPE).post(PATH, {**body, **wrong})

    assert (answer.status_code, [*answer.json()]) == (400, ["message"])
    assert WebhookDelivery.objects.count() == 0


def test_paths_beside_it_are_not_found(as_key):
    assert told(as_key(SCOPE).post("/webhooks/other")) == (404, {"message": "Not found"})
