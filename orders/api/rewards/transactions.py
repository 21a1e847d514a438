"""An order as the rewards API sees it: a transaction, and the records of its operations."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from orders.models import Order, OrderEvent
from orders.vocabulary import UNGIVEN

Kind = OrderEvent.Kind
TOLD = (Kind.RESERVATION, Kind.ACQUISITION, Kind.CANCELLATION, Kind.REFUND)


@dataclass(slots=True)
class Operation:
    """One record of the order's history (DOMAIN 1.4). `status` is what became of it."""

    order: Order
    operation_id: UUID
    type: str
    status: str
    date: datetime
    reason: str = ""
    refunded: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    order: Order
    operations: Sequence[Operation]

    @property
    def current(self) -> Operation:
        """The reservation or the acquisition that the order is now; a cancellation ended it."""
        return next(one for one in reversed(self.operations) if one.type != "Cancellation")


def transactions_of(orders: Sequence[Order]) -> list[Transaction]:
    """The orders with their operations: one query for however many."""
    events: dict[int, list[OrderEvent]] = defaultdict(list)
    told = OrderEvent.objects.filter(order__in=[order.pk for order in orders], kind__in=TOLD)
    for event in told.order_by("order_id", "number"):
        events[event.order_id].append(event)
    return [Transaction(order, _operations(order, events[order.pk])) for order in orders]


def transaction_of(order: Order) -> Transaction:
    return transactions_of([order])[0]


def _operations(order: Order, events: Iterable[OrderEvent]) -> list[Operation]:
    """What the events say, each of what came before (DOMAIN 1.4: records written)."""
    operations: list[Operation] = []
    for event in events:
        operation = Operation(
            order, event.operation_id, "Cancellation", "Completed", event.created_at
        )
        match event.kind:
            case Kind.RESERVATION:
                operation.type, operation.status = "Reservation", "Pending"
                operation.date = order.created_at
            case Kind.ACQUISITION:
                operation.type = "Acquisition"
                operations[-1].status = "Completed"
            case _ if event.kind == Kind.CANCELLATION or event.after["status"] == "refunded":
                operations[-1].status = "Cancelled"
                operation.reason = event.reason or UNGIVEN
                operation.refunded = Decimal(event.after["refunded"])
            case _:
                continue  # a part of the coins went back, and nothing else changed
        operations.append(operation)
    return operations
