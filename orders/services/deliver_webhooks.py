"""Send webhooks: each until it is answered, one at a time to each endpoint, from many workers.

Whoever claims an endpoint has a lease on it: `free_at`, for a little longer than a call can take.
Nobody else calls it before. A worker that dies says nothing; after its lease the delivery is due
as it was, and is sent again.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from orders.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from orders.retries import RETRIED_FOR, next_try
from orders.services.switch_webhook_endpoint import switch_off
from orders.webhook_client import Answer, call
from orders.webhook_messages import body_of, headers_of

log = structlog.get_logger(__name__)

LEASE_MARGIN = timedelta(seconds=20)
LOOK_AGAIN_SECONDS = 0.5
GONE = 410
# Answers that mean the whole endpoint, not this message.
OVERLOADED = frozenset({429, 502, 503, 504})
# An endpoint that does not answer is left alone for longer and longer, so that it takes no turns
# from others; the first that it answers ends that.
SHORTEST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours to make until the lease ends."""

    delivery: WebhookDelivery
    endpoint: WebhookEndpoint
    lease: datetime


def deliver_webhooks(*, seconds: float = 0) -> int:
    """Call endpoints while something is due, for at most so long, and return how many calls.

    The calls wait in threads; only this one speaks to the database.
    """
    end = time.monotonic() + seconds
    calls, running = 0, dict[Future[Answer], Claimed]()
    _give_up_what_is_over()
    with ThreadPoolExecutor(settings.WEBHOOK_CONCURRENCY) as pool:
        while True:
            if not calls or time.monotonic() < end:
                for claimed in _claim(settings.WEBHOOK_CONCURRENCY - len(running)):
                    running[_begin(pool, claimed)] = claimed
                    calls += 1
            if not running:
                return calls
            answered, _ = wait(running, LOOK_AGAIN_SECONDS, FIRST_COMPLETED)
            for future in answered:
                _record(running.pop(future), future.result())


def _begin(pool: ThreadPoolExecutor, claimed: Claimed) -> Future[Answer]:
    endpoint, message = claimed.endpoint, claimed.delivery.message
    body = body_of(message)
    headers = headers_of(endpoint, message_id=message.uuid, body=body)
    return pool.submit(call, endpoint.url, body, headers)


@transaction.atomic
def _claim(limit: int) -> list[Claimed]:
    """Lease endpoints for which something is due: first those that have not been called longest."""
    if limit <= 0:
        return []
    now = timezone.now()
    lease = now + settings.WEBHOOK_TIMEOUT + LEASE_MARGIN
    due = WebhookDelivery.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    free = WebhookEndpoint.objects.select_for_update(no_key=True, skip_locked=True).filter(
        Exists(due.filter(endpoint=OuterRef("pk"))),
        state=WebhookEndpoint.State.ACTIVE,
        free_at__lte=now,
    )
    claimed = []
    for endpoint in free.order_by("free_at", "pk")[:limit]:
        # Asked after the lock: what was due when the endpoint was found may have been sent since.
        delivery = due.filter(endpoint=endpoint).select_related("message").first()
        if delivery is None:
            continue
        delivery.attempts_made += 1
        delivery.save(update_fields=["attempts_made"])
        endpoint.free_at = lease
        endpoint.save(update_fields=["free_at"])
        claimed.append(Claimed(delivery, endpoint, lease))
    return claimed


@transaction.atomic
def _record(claimed: Claimed, answer: Answer) -> None:
    """Write what was answered. What a worker learns after its lease counts only as an attempt."""
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=claimed.endpoint.pk)
    delivery = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=claimed.delivery.pk)
    WebhookAttempt.objects.create(
        delivery=delivery,
        at=now - timedelta(milliseconds=answer.milliseconds),
        milliseconds=answer.milliseconds,
        status=answer.status,
        response=answer.response,
        error=answer.error,
    )
    mine = endpoint.free_at == claimed.lease
    if answer.is_success:
        if delivery.state != WebhookDelivery.State.DELIVERED:
            delivery.delivered()
            delivery.save(update_fields=["state", "due_at"])
    elif mine and delivery.state == WebhookDelivery.State.WAITING:
        _wait_or_give_up(endpoint, delivery, answer, now)
    if mine:
        _let_go(endpoint, answer, now)


def _wait_or_give_up(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer, now: datetime
) -> None:
    if answer.status == GONE and endpoint.state == WebhookEndpoint.State.ACTIVE:
        log.warning("webhook_endpoint_gone", endpoint=str(endpoint.pk))
        switch_off(endpoint, reason="It answered 410: gone.")
        return
    due_at = next_try(begun=delivery.give_up_at - RETRIED_FOR, now=now)
    if due_at is None:
        log.warning("webhook_given_up", delivery=delivery.pk, endpoint=str(endpoint.pk))
        delivery.give_up()
    else:
        delivery.due_at = due_at
    delivery.save(update_fields=["state", "due_at"])


def _let_go(endpoint: WebhookEndpoint, answer: Answer, now: datetime) -> None:
    silent = answer.status is None or answer.status in OVERLOADED
    endpoint.unanswered = min(endpoint.unanswered + 1, 1_000) if silent else 0
    pause = SHORTEST_PAUSE * 2 ** min(endpoint.unanswered - 1, 10) if silent else timedelta()
    endpoint.free_at = now + min(pause, LONGEST_PAUSE)
    endpoint.save(update_fields=["free_at", "unanswered"])


def _give_up_what_is_over() -> None:
    """What an endpoint that is off still has, and what one that never answers had three days."""
    now = timezone.now()
    off = Q(endpoint__state=WebhookEndpoint.State.DISABLED, due_at__lte=now)
    # Never tried, that is: what was tried is tried once more at its end.
    silent = Q(endpoint__unanswered__gt=0, due_at__lte=now - RETRIED_FOR)
    for over in (off, silent):
        with transaction.atomic():
            locked = WebhookDelivery.objects.select_for_update(
                of=("self",), no_key=True, skip_locked=True
            ).filter(over)
            given_up = WebhookDelivery.objects.filter(pk__in=locked.values("pk")).update(
                state=WebhookDelivery.State.FAILED, due_at=None
            )
        if given_up:
            log.warning("webhooks_given_up", count=given_up)
