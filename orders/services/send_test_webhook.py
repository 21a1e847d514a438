from uuid import uuid4

from django.utils import timezone

from orders.errors import WebhookEndpointOff
from orders.models import WebhookEndpoint
from orders.webhook_client import Answer, call
from orders.webhook_messages import headers_of, written

TEST_EVENT = "webhook.test"


def send_test_webhook(endpoint: WebhookEndpoint) -> Answer:
    """Call the endpoint now and wait for what it answers: nothing is written and nothing repeated.

    Refused with WebhookEndpointOff.
    """
    if endpoint.state != WebhookEndpoint.State.ACTIVE:
        raise WebhookEndpointOff("It is switched off.")
    message_id = uuid4()
    body = written(
        id=str(message_id), event=TEST_EVENT, sequence=0, createdAt=timezone.now(), data={}
    )
    return call(endpoint.url, body, headers_of(endpoint, message_id=message_id, body=body))
