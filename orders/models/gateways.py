from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models


class PaymentGateway(models.Model):
    """A way to pay, as it is configured: `stripe_1`, say (DOMAIN 3.3).

    What is secret is not kept here: it comes from the environment, see
    `orders.gateways.credentials`. A gateway with the id `sandbox` is always there.
    """

    class Kind(models.TextChoices):
        SANDBOX = "sandbox", "Sandbox: no money moves"
        STRIPE = "stripe", "Stripe"
        OFFLINE = "offline", "Offline: money moves outside, staff say so"

    id = models.CharField(
        primary_key=True,
        max_length=32,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9_]*$", "Small letters, digits and _, as in stripe_1.")
        ],
        help_text="Named by clients as paymentGatewayId.",
    )
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, choices=Kind)
    is_active = models.BooleanField(
        default=True, help_text="Without it no new payment begins; what has begun is finished."
    )

    def __str__(self) -> str:
        return self.name

    @property
    def is_offered(self) -> bool:
        """Whether new payments begin there: at a sandbox only where SANDBOX_GATEWAY says so."""
        return self.is_active and (self.kind != self.Kind.SANDBOX or settings.SANDBOX_GATEWAY)


class SandboxTransaction(models.Model):
    """What the sandbox gateway keeps in its own books, as a gateway elsewhere would.

    Written apart from our own transactions: what it has charged stays charged when we die.
    """

    class Kind(models.TextChoices):
        CHARGE = "charge", "Charge"
        REFUND = "refund", "Refund"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        AUTHORIZED = "authorized", "Authorized"
        PAID = "paid", "Paid"
        DECLINED = "declined", "Declined"
        GIVEN_UP = "given_up", "Given up"

    key = models.CharField(primary_key=True, max_length=40, help_text="The txn_… that it is for.")
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="refunds", help_text="A refund's."
    )
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
