from uuid import uuid4

import pytest

from orders.errors import WebhookEndpointMoved, WebhookEndpointOff, WebhookUrlRefused
from orders.models import WebhookDelivery, WebhookEndpoint
from orders.services.create_webhook_endpoint import create_webhook_endpoint
from orders.services.rotate_webhook_secret import rotate_webhook_secret
from orders.services.send_test_webhook import send_test_webhook
from orders.services.switch_webhook_endpoint import switch_webhook_endpoint
from orders.webhook_signatures import secret_of
from tests.factories import EstablishmentFactory
from tests.orders.receiving import an_endpoint, receiver
from tests.orders.reserving import a_player, a_reservation
from tests.orders.verifying import verify

pytestmark = pytest.mark.django_db
URL = "https://example.com/hook"


def test_endpoint_is_created_once_with_its_secret():
    establishment = EstablishmentFactory()
    asked = {"endpoint_id": uuid4(), "establishment": establishment, "url": URL}

    endpoint, secret = create_webhook_endpoint(**asked)

    assert (endpoint.state, endpoint.url, secret) == ("active", URL, secret_of(endpoint.pk, 1))
    with pytest.raises(WebhookEndpointMoved):
        create_webhook_endpoint(**asked)
    assert WebhookEndpoint.objects.count() == 1


def test_endpoint_that_could_never_be_called_is_refused():
    with pytest.raises(WebhookUrlRefused):
        create_webhook_endpoint(
            endpoint_id=uuid4(), establishment=EstablishmentFactory(), url="https://10.0.0.1/"
        )

    assert WebhookEndpoint.objects.count() == 0


def test_secret_is_changed_once_by_two_clicks():
    endpoint = an_endpoint(EstablishmentFactory(), URL)

    assert rotate_webhook_secret(endpoint, seen=1) == secret_of(endpoint.pk, 2)
    with pytest.raises(WebhookEndpointMoved):
        rotate_webhook_secret(endpoint, seen=1)

    assert WebhookEndpoint.objects.get().secret_version == 2


def test_endpoint_is_switched_off_and_on():
    player = a_player()
    endpoint = an_endpoint(player.establishment, URL)
    a_reservation(player=player)

    off = switch_webhook_endpoint(endpoint, on=False, reason="By ann.")
    assert (off.state, off.disabled_reason) == ("disabled", "By ann.")
    with pytest.raises(WebhookEndpointMoved):
        switch_webhook_endpoint(endpoint, on=False, reason="again")
    assert WebhookDelivery.objects.get().state == "failed"

    on = switch_webhook_endpoint(endpoint, on=True, reason="")
    assert (on.state, on.disabled_reason) == ("active", "")
    assert WebhookDelivery.objects.get().state == "failed", "it is replayed, not resumed"


def test_test_message_is_signed_and_its_answer_told(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiver(status=418) as server:
        endpoint = an_endpoint(EstablishmentFactory(), server.url)
        answer = send_test_webhook(endpoint, operation_id=uuid4())

    [(_, headers, body)] = server.calls
    assert verify(secret_of(endpoint.pk, 1), headers, body)
    assert (answer.status, answer.response) == (418, "heard")
    off = switch_webhook_endpoint(endpoint, on=False, reason="test")
    with pytest.raises(WebhookEndpointOff):
        send_test_webhook(off, operation_id=uuid4())
