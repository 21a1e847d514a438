import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django_fsm import FSMField, transition

from orders.models.orders import Order
from orders.vocabulary import Announced
from players.models import Establishment


class WebhookEndpoint(models.Model):
    """An address of an establishment that is told what becomes of its orders (DOMAIN 1.8).

    Its secret is derived, not stored: see orders/webhook_signatures.py. It is called for one
    delivery at a time, so one that is slow delays only what is for itself.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        DISABLED = "disabled", "Switched off"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    establishment = models.ForeignKey(
        Establishment, on_delete=models.PROTECT, related_name="webhook_endpoints"
    )
    url = models.URLField(max_length=500)
    state = FSMField(choices=State.choices, default=State.ACTIVE, protected=True)
    disabled_reason = models.CharField(max_length=200, blank=True, editable=False)
    secret_version = models.PositiveSmallIntegerField(
        default=1, editable=False, help_text="Raised when the secret is changed."
    )
    rotated_at = models.DateTimeField(
        null=True, editable=False, help_text="When the secret was changed last."
    )
    free_at = models.DateTimeField(
        default=timezone.now,
        db_default=Now(),
        editable=False,
        help_text="When it may be called next. While it is called: when its caller is dead.",
    )
    unanswered = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Calls without an answer since the last that had one.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.url

    @transition(field=state, source=State.ACTIVE, target=State.DISABLED)
    def disable(self, *, reason: str) -> None:
        self.disabled_reason = reason

    @transition(field=state, source=State.DISABLED, target=State.ACTIVE)
    def enable(self) -> None:
        self.disabled_reason = ""


class WebhookMessage(models.Model):
    """What establishments are told of an order, written in the transaction of what it tells.

    It is there also where no endpoint is: one that comes later can be sent what it missed.
    """

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, help_text="The `webhook-id`.")
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="messages", db_index=False
    )
    establishment = models.ForeignKey(
        Establishment, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField(help_text="Counted from 1 in each order.")
    event = models.CharField(max_length=32, choices=Announced)
    data = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_message_per_number"),
        ]
        indexes = [
            models.Index(fields=["establishment", "created_at"], name="message_by_establishment"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.order_id}/{self.number}"


class WebhookDelivery(models.Model):
    """One message on its way to one endpoint."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(
        WebhookMessage, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries"
    )
    state = FSMField(choices=State.choices, default=State.WAITING, protected=True)
    attempts_made = models.PositiveIntegerField(
        default=0, help_text="Begun ones; of one whose worker died there is nothing else."
    )
    give_up_at = models.DateTimeField(help_text="After this it is not tried again.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When it is tried next.")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["message", "endpoint"], name="one_delivery_per_message_and_endpoint"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") ^ Q(due_at=None), name="delivery_waits_for_its_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="webhook_by_due_time",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["endpoint", "due_at"],
                name="webhook_by_endpoint_and_time",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(fields=["message"], name="webhook_given_up", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.message} → {self.endpoint}"

    @transition(field=state, source=[State.WAITING, State.FAILED], target=State.DELIVERED)
    def delivered(self) -> None:
        """An answer that says so counts also where it was given up meanwhile."""
        self.due_at = None

    @transition(field=state, source=State.WAITING, target=State.FAILED)
    def give_up(self) -> None:
        self.due_at = None

    @transition(
        field=state, source=[State.WAITING, State.FAILED, State.DELIVERED], target=State.WAITING
    )
    def send_again(self, *, at: datetime, until: datetime) -> None:
        self.due_at = at
        self.give_up_at = until


class WebhookAttempt(models.Model):
    """One call of an endpoint, and what it answered. Append-only."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="attempts")
    at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="None: no answer.")
    response = models.TextField(blank=True, help_text="The beginning of the answer.")
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return str(self.status or self.error)
