from contextlib import suppress
from uuid import UUID

import redis
from django.core.cache import cache
from django.utils import timezone

from orders.errors import OperationIdTaken, WebhookEndpointOff
from orders.models import WebhookEndpoint
from orders.webhook_client import Answer, call
from orders.webhook_messages import headers_of, written

TEST_EVENT = "webhook.test"


REMEMBERED_SECONDS = 3_600


def send_test_webhook(endpoint: WebhookEndpoint, *, operation_id: UUID) -> Answer:
    """Call the endpoint now and wait for what it answers: nothing is written and nothing repeated.

    Refused with WebhookEndpointOff, and with OperationIdTaken where that is sent already, as long
    as the cache knows of it.
    """
    if endpoint.state != WebhookEndpoint.State.ACTIVE:
        raise WebhookEndpointOff("It is switched off.")
    with suppress(redis.RedisError):
        if not cache.add(f"webhook-test:{operation_id}", 1, timeout=REMEMBERED_SECONDS):
            raise OperationIdTaken("This test is sent already: its answer came to the first click.")
    body = written(
        id=str(operation_id), event=TEST_EVENT, sequence=0, createdAt=timezone.now(), data={}
    )
    return call(endpoint.url, body, headers_of(endpoint, message_id=operation_id, body=body))
