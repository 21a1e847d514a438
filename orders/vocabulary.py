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
    PAYMENT_EXPIRED = "PAYMENT_EXPIRED", "Payment window expired"


# How the sales API reports what is not ended: no order has this status (DOMAIN 3.2).
PENDING = "pending"
DELAY_REASONS = (Reason.CUSTOMS, Reason.PACKAGE_LOST, Reason.PRODUCT_UNAVAILABLE)
# What webhooks and the API say of a cancellation for which nobody gave a reason (DOMAIN 1.8).
UNGIVEN = Reason.PRODUCT_UNAVAILABLE
# What only the clock says; staff may choose from the others.
EXPIRIES = (Reason.EXPIRED, Reason.PAYMENT_EXPIRED)
CANCEL_REASONS = tuple(reason for reason in Reason if reason not in EXPIRIES)


class PaymentStatus(TextChoices):
    """How far a sale is paid (DOMAIN 3.2, 3.9); a reward has none."""

    PENDING = "pending", "Pending"
    AUTHORIZED = "authorized", "Authorized"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    REFUNDED = "refunded", "Refunded"
    PARTIALLY_REFUNDED = "partially_refunded", "Partially refunded"
    VOIDED = "voided", "Voided"


class Dispute(TextChoices):
    """How it stands where the buyer's bank wants money back that a gateway has taken."""

    OPEN = "open", "Open: the gateway waits for an answer, or for the bank"
    WON = "won", "Won: the money stays"
    LOST = "lost", "Lost: the bank has taken the money back"


class Announced(TextChoices):
    """What establishments are told by webhook, and players by mail (DOMAIN 1.8)."""

    CREATED = "order.created", "Created"
    SENT = "order.sent", "Sent"
    DELAYED = "order.delayed", "Delayed"
    CANCELLED = "order.cancelled", "Cancelled"
    ACQUIRED = "order.acquired", "Acquired"
    # Of sales only.
    PAID = "order.paid", "Paid"
    PAYMENT_FAILED = "order.payment_failed", "Payment failed"
    COMPLETED = "order.completed", "Completed"
    REFUNDED = "order.refunded", "Refunded"
