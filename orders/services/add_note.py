from uuid import UUID

from orders.errors import NothingChanged
from orders.models import Order, OrderEvent
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event


def add_note(*, order: Order, note: str, by: str, operation_id: UUID | None = None) -> Order:
    """Add what staff want to remember to the timeline; an empty note is NothingChanged."""
    if not note.strip():
        raise NothingChanged("The note is empty.")
    with attempt(order, "Add a note", by=by):
        order = lock_order(order.pk)
        if not asked_before(order, operation_id, OrderEvent.Kind.NOTE):
            record_event(order, OrderEvent.Kind.NOTE, by=by, note=note, operation_id=operation_id)
            order.save(update_fields=["last_event", "updated_at"])
    return order
