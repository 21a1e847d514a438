import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from orders.models.orders import Order


class BulkCancellationQuerySet(models.QuerySet["BulkCancellation"]):
    def at_work(self) -> "BulkCancellationQuerySet":
        """Those that a worker has something to do for."""
        return self.filter(state__in=BulkCancellation.AT_WORK)


class BulkCancellation(models.Model):
    """Many orders to be cancelled alike: frozen, looked at one by one, then cancelled one by one.

    Which orders they are is settled when it begins: what the list shows later changes nothing. A
    worker does what it is `at_work` for, row by row; one that dies is followed by another.
    """

    class State(models.TextChoices):
        FROZEN = "frozen", "Waits for how"
        LOOKING = "looking", "Being looked at"
        SHOWN = "shown", "Waits for confirmation"
        RUNNING = "running", "Being cancelled"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    AT_WORK = (State.LOOKING, State.RUNNING)

    id = models.BigAutoField(primary_key=True)
    operation_id = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="Of each order, an id follows from it."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bulk_cancellations"
    )
    query = models.CharField(
        max_length=1_000, blank=True, help_text="The filter of the list that it was begun from."
    )
    size = models.PositiveIntegerField(help_text="How many orders it began with.")
    how = models.JSONField(default=dict, help_text="What was chosen.")
    looks = models.PositiveIntegerField(
        default=0, help_text="How often it was looked at: what is confirmed is the last look."
    )
    state = FSMField(choices=State.choices, default=State.FROZEN, protected=True)
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then a worker is at it."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = BulkCancellationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["done", "stopped"]) ^ Q(ended_at=None),
                name="bulk_cancellation_ended_has_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="bulk_cancellation_at_work",
                condition=Q(state__in=["looking", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.size:,} orders"

    @property
    def is_at_work(self) -> bool:
        return self.state in self.AT_WORK

    @transition(field=state, source=[State.FROZEN, State.SHOWN], target=State.LOOKING)
    def look(self) -> None:
        """What would become of each is to be found out."""
        self.looks += 1

    @transition(field=state, source=State.LOOKING, target=State.SHOWN)
    def show(self) -> None:
        """What would become of each is known."""

    @transition(field=state, source=State.SHOWN, target=State.RUNNING)
    def run(self) -> None:
        """Those that can be cancelled are to be."""

    @transition(field=state, source=State.RUNNING, target=State.DONE)
    def finish(self, *, at: datetime) -> None:
        """Each has its result."""
        self.ended_at = at

    @transition(
        field=state,
        source=[State.FROZEN, State.LOOKING, State.SHOWN, State.RUNNING],
        target=State.STOPPED,
    )
    def stop(self, *, at: datetime) -> None:
        """Nothing more is cancelled; what was, is."""
        self.ended_at = at


class BulkCancellationRow(models.Model):
    """One order of a bulk cancellation, and what would become or became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not looked at"
        ABLE = "able", "Can be cancelled"
        UNABLE = "unable", "Cannot be cancelled"
        CANCELLED = "cancelled", "Cancelled"
        REFUSED = "refused", "Not cancelled"

    id = models.BigAutoField(primary_key=True)
    bulk = models.ForeignKey(
        BulkCancellation, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    said = models.TextField(blank=True, help_text="What it does, or why it cannot be done.")
    seen = models.CharField(max_length=64, blank=True, help_text="What was shown of it.")
    back = models.DecimalField(
        max_digits=12, decimal_places=2, default=0, help_text="What goes back to the player."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bulk", "order"], name="one_row_per_order_of_a_bulk_cancellation"
            ),
        ]
        indexes = [
            models.Index(fields=["bulk", "state", "id"], name="bulk_cancellation_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.get_state_display()}"
