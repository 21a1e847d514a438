"""The timeline of an order: what was done with it, and what was refused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.utils import timezone

from config.errors import Refusal
from orders.errors import OperationIdTaken
from orders.models import Order, OrderEvent
from orders.vocabulary import Reason
from players.errors import PlayerBusy
from players.services.lock_player import refusing_to_wait

NOTE_LENGTH = 2_000


def record_event(  # noqa: PLR0913 - what, who, why, from what to what
    order: Order,
    kind: OrderEvent.Kind,
    *,
    by: str,
    reason: Reason | str = "",
    note: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    operation_id: UUID | None = None,
) -> OrderEvent:
    """Write the next row of the timeline. The caller holds the order's lock, and saves it after."""
    order.last_event += 1
    return OrderEvent.objects.create(
        order=order,
        number=order.last_event,
        operation_id=operation_id or uuid4(),
        kind=kind,
        by=by,
        reason=reason,
        note=note[:NOTE_LENGTH],
        before=dict(before or {}),
        after=dict(after or {}),
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        created_at=timezone.now(),
    )


def asked_before(order: Order, operation_id: UUID | None, kind: OrderEvent.Kind) -> bool:
    """Whether the operation has been done on this order already; the caller holds its lock.

    Refused with OperationIdTaken where the id is that of something else.
    """
    if operation_id is None:
        return False
    event = OrderEvent.objects.filter(operation_id=operation_id).first()
    if event and (event.order_id, event.kind) != (order.pk, kind):
        raise OperationIdTaken("The operation id is in use.")
    return event is not None


@contextmanager
def attempt(order: Order, what: str, *, by: str) -> Iterator[None]:
    """A transaction that changes an order; where it is refused, the timeline says so afterwards.

    `what` is what was attempted, as a person would say it: "Cancel". Nothing else of it is kept. A
    lock that is not free in time is refused with PlayerBusy, which tells nothing of the order: it
    is not in the timeline.
    """
    try:
        with refusing_to_wait(), transaction.atomic():
            yield
    except PlayerBusy:
        raise
    except Refusal as refusal:
        record_refusal(order.pk, what, refusal, by=by)
        raise


@transaction.atomic
def record_refusal(order_id: int, what: str, refusal: Refusal, *, by: str) -> None:
    """Tell of the attempt, once after each change: who goes on trying adds nothing."""
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    after = {"attempt": what, "code": refusal.code}
    changes = order.events.exclude(kind=OrderEvent.Kind.REFUSED)
    last_change = changes.order_by("-number").values_list("number", flat=True).first() or 0
    refused = order.events.filter(number__gt=last_change, kind=OrderEvent.Kind.REFUSED)
    if refused.filter(by=by, after=after).exists():
        return
    record_event(
        order, OrderEvent.Kind.REFUSED, by=by, note=f"{what}: {refusal.message}", after=after
    )
    order.save(update_fields=["last_event"])
