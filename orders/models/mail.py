from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from orders.models.orders import Order
from orders.vocabulary import Announced


class Mail(models.Model):
    """A mail, written in the transaction of what it tells, sent after it.

    To a player about an order; without an order, to whom a scheduled report goes.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Given up"

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="mail", null=True, blank=True
    )
    event = models.CharField(max_length=32, choices=Announced, blank=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = FSMField(choices=State.choices, default=State.WAITING, protected=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, help_text="When it is tried next.")
    error = models.TextField(blank=True, help_text="Of the last attempt.")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "mail"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="waiting") ^ Q(due_at=None), name="mail_waits_for_its_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="mail_by_due_time", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["order"], name="mail_given_up", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return self.subject

    @transition(field=state, source=State.WAITING, target=State.SENT)
    def sent(self) -> None:
        self.due_at = None

    @transition(field=state, source=State.WAITING, target=State.FAILED)
    def give_up(self) -> None:
        self.due_at = None
