"""The words of orders that models, services and doors share."""

from django.db.models import TextChoices


class Reason(TextChoices):
    """Why an order was delayed or cancelled; webhooks carry it as it stands (DOMAIN 1.4, 1.8)."""

    PRODUCT_UNAVAILABLE = "PRODUCT_UNAVAILABLE", "The product is unavailable"
    CUSTOMS = "CUSTOMS", "Held by customs"
    PACKAGE_LOST = "PACKAGE_LOST", "The package was lost"
    DUPLICATE = "DUPLICATE", "Ordered twice"
    PLAYER_REQUEST = "PLAYER_REQUEST", "The player asked for it"
    MISTAKE = "MISTAKE", "Ordered by mistake"
    FRAUD = "FRAUD", "Fraud"
    EXPIRED = "EXPIRED", "The reservation ran out"


DELAY_REASONS = (Reason.CUSTOMS, Reason.PACKAGE_LOST, Reason.PRODUCT_UNAVAILABLE)
# What webhooks and the API say of a cancellation for which nobody gave a reason (DOMAIN 1.8).
UNGIVEN = Reason.PRODUCT_UNAVAILABLE
# What staff may choose from; only the clock says EXPIRED.
CANCEL_REASONS = tuple(reason for reason in Reason if reason is not Reason.EXPIRED)


class Announced(TextChoices):
    """What establishments are told by webhook, and players by mail (DOMAIN 1.8)."""

    CREATED = "order.created", "Created"
    SENT = "order.sent", "Sent"
    DELAYED = "order.delayed", "Delayed"
    CANCELLED = "order.cancelled", "Cancelled"
    ACQUIRED = "order.acquired", "Acquired"
