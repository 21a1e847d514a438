import uuid

from django.db import models
from django.db.models import Q

from orders.models.orders import Order
from orders.vocabulary import Reason


class OrderEvent(models.Model):
    """One row of an order's timeline: a change, or an attempt that was refused.

    Append-only: a trigger refuses anything else. The operations of the rewards API are the events
    of the kinds reservation, acquisition and cancellation; what became of an operation follows from
    the next one (DOMAIN 1.4).
    """

    class Kind(models.TextChoices):
        RESERVATION = "reservation", "Reserved"
        DETAILS = "details", "Details changed"
        CAPTURE = "capture", "Delivery details captured"
        TRACKING = "tracking", "Tracking number registered"
        DELAY = "delay", "Delayed"
        ACQUISITION = "acquisition", "Acquired"
        CANCELLATION = "cancellation", "Cancelled"
        REFUND = "refund", "Refunded"
        # Of sales only.
        CREATION = "creation", "Ordered"
        PAYMENT = "payment", "Payment"
        PAYMENT_REFUSED = "payment_refused", "Payment refused"
        VERIFICATION = "verification", "Item verified"
        ITEM_CANCELLED = "item_cancelled", "Item cancelled"
        STATUS = "status", "Status changed"
        COMPLETION = "completion", "Completed"
        REFUND_DONE = "refund_done", "Refund done"
        REFUND_FAILED = "refund_failed", "Refund failed"
        DISPUTE = "dispute", "Disputed"
        NOTE = "note", "Note"
        RESENT = "resent", "Sent again"
        REFUSED = "refused", "Refused"

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    number = models.PositiveIntegerField(help_text="Counted from 1 in each order.")
    operation_id = models.UUIDField(
        unique=True,
        default=uuid.uuid4,
        help_text="Given by whoever asked: what was asked twice is done once.",
    )
    kind = models.CharField(max_length=16, choices=Kind)
    by = models.CharField(
        max_length=80, help_text="Who: `player:12`, `key:7`, `staff:3`, `system`."
    )
    reason = models.CharField(max_length=32, choices=Reason, blank=True)
    note = models.TextField(max_length=2_000, blank=True)
    before = models.JSONField(default=dict, help_text="What it changed, as it was.")
    after = models.JSONField(default=dict, help_text="What it changed, as it became.")
    request_id = models.CharField(max_length=64, blank=True, help_text="Found again in the logs.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_event_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="event_numbers_begin_at_1"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.get_kind_display()}"
