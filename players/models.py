"""Who acts: staff, tenants, players with their accounts and coins, and the keys of API clients."""

import secrets
import uuid
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django_fsm import FSMField, transition

from config.one_line import NOT_ONE_LINE, is_one_line


class User(AbstractUser):
    """A person who works in the back office."""

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"


class Establishment(models.Model):
    """A tenant: the operator whose players, products and orders an API key may reach."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    image_url = models.CharField(max_length=500, blank=True)
    thumbnail_url = models.CharField(max_length=500, blank=True)
    coins = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        default=0,
        db_default=0,
        editable=False,
        help_text="What it may still give to its players: the sum of its entries.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(coins__gte=0), name="establishment_coins_never_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name


CUSTOMER_CODE_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_customer_code() -> str:
    """A customer code of the sales API: `cust_` and 14 random characters (70 bits)."""
    return "cust_" + "".join(secrets.choice(CUSTOMER_CODE_ALPHABET) for _ in range(14))


class Player(models.Model):
    """A person who plays; a customer is a player in its commercial role (DOMAIN 4.1).

    Its row is the first lock of everything that changes what the player owns or owes (DOMAIN 4.4).
    """

    id = models.BigAutoField(primary_key=True, help_text="The id of the v1 paths.")
    uuid = models.UUIDField(unique=True, default=uuid.uuid4, help_text="The id of the v2 paths.")
    customer_code = models.CharField(max_length=64, unique=True, default=new_customer_code)
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="players",
        null=True,
        blank=True,
    )
    email = models.EmailField(blank=True, db_index=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    coins = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=0,
        editable=False,
        help_text="Sum of the entries.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(coins__gte=0), name="player_coins_never_negative"),
        ]
        # For the beginning of a name, however it is capitalised.
        indexes = [
            models.Index(
                OpClass(Lower("first_name"), name="text_pattern_ops"), name="player_by_first_name"
            ),
            models.Index(
                OpClass(Lower("last_name"), name="text_pattern_ops"), name="player_by_last_name"
            ),
        ]

    def __str__(self) -> str:
        """Without the name: it stands in logs, titles and refusals, which anybody may read."""
        return f"Player {self.pk}"

    def clean(self) -> None:
        super().clean()
        person = ("first_name", "last_name", "email")
        if wrong := [name for name in person if not is_one_line(getattr(self, name))]:
            raise ValidationError(dict.fromkeys(wrong, NOT_ONE_LINE))

    @property
    def name(self) -> str:
        """The whole name, as far as it is known."""
        return f"{self.first_name} {self.last_name}".strip()


class PortalUser(models.Model):
    """A player's account on a platform."""

    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="portal_users")
    portal_id = models.SmallIntegerField(
        validators=[MinValueValidator(-2), MaxValueValidator(33)],
        help_text="Legacy platform number, -2 to 33.",
    )
    portal_user_id = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "account"
        constraints = [
            models.UniqueConstraint(
                fields=["portal_id", "portal_user_id"],
                name="one_player_per_portal_account",
            ),
            models.CheckConstraint(
                condition=Q(portal_id__range=(-2, 33)),
                name="portal_id_is_a_known_number",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.portal_id}:{self.portal_user_id}"


class CoinEntry(models.Model):
    """One change of the coins of a player or an establishment (DOMAIN 1.7).

    Append-only: a trigger refuses anything else. The `coins` of an account are the sum of its
    amounts; both are written under the lock of the account's row.
    """

    class Reason(models.TextChoices):
        OPENING = "opening", "Opening balance"
        ORDER = "order", "Paid for an order"
        REFUND = "refund", "Refunded"
        ALLOCATION = "allocation", "Given to or taken from a player by its establishment"
        CORRECTION = "correction", "Corrected by staff"

    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="coin_entries", null=True, blank=True
    )
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="coin_entries",
        null=True,
        blank=True,
        db_index=False,
    )
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    balance = models.DecimalField(max_digits=12, decimal_places=2, help_text="After this entry.")
    reason = models.CharField(max_length=32, choices=Reason)
    operation_id = models.UUIDField(
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text="Given by whoever asked: what was asked twice is done once.",
    )
    by = models.CharField(
        max_length=80,
        blank=True,
        db_default="",
        help_text="Who: `player:12`, `key:7`, `staff:3`, `system`.",
    )
    note = models.CharField(max_length=500, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "coin entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(player=None) ^ Q(establishment=None), name="coin_entry_has_one_account"
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="coin_entry_changes_something"),
            models.CheckConstraint(condition=Q(balance__gte=0), name="coin_balance_never_negative"),
        ]
        indexes = [
            models.Index(fields=["player", "-id"], name="coin_entry_by_player"),
            models.Index(
                fields=["establishment", "-id"],
                name="coin_entry_by_establishment",
                condition=~Q(establishment=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+}"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, *, at: datetime) -> "ApiKeyQuerySet":
        """Keys that open the door at that moment: active and not expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), state=ApiKey.State.ACTIVE)


class ApiKey(models.Model):
    """A key of an API client (DOMAIN 1.2): random, shown once, kept only as a hash.

    A key of an establishment reaches only what is that establishment's; one without reaches all.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        REVOKED = "revoked", "Revoked"

    name = models.CharField(max_length=100)
    prefix = models.CharField(
        max_length=32,
        help_text="The first characters, by which people tell keys apart.",
    )
    digest = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the key.")
    scopes = ArrayField(models.CharField(max_length=64), help_text="See the scopes in the docs.")
    establishment = models.ForeignKey(
        Establishment,
        on_delete=models.PROTECT,
        related_name="api_keys",
        null=True,
        blank=True,
    )
    player = models.ForeignKey(
        Player,
        on_delete=models.PROTECT,
        related_name="api_keys",
        null=True,
        blank=True,
        help_text="An iframe key reaches only this player (DOMAIN 1.2).",
    )
    state = FSMField(choices=State.choices, default=State.ACTIVE, protected=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        help_text="The key that this one was rotated from.",
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="revoked", revoked_at__isnull=False)
                | Q(state="active", revoked_at__isnull=True),
                name="api_key_revoked_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @transition(field=state, source=State.ACTIVE, target=State.REVOKED)
    def revoke(self, *, at: datetime) -> None:
        self.revoked_at = at


class IdempotentCall(models.Model):
    """One mutating call that carried an `Idempotency-Key`, and the answer it got.

    While `status` is null the call is running, or died: see config/idempotency.py.
    """

    caller = models.CharField(max_length=80, help_text="Who called: `key:7`, `player:12`.")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of method, path and body.")
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    started_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="one_call_per_idempotency_key"),
        ]
        indexes = [models.Index(fields=["started_at"], name="idempotent_call_by_age")]

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
