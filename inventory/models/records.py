import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import RETURN_VALUE, FSMField, transition

from catalog.models import Bucket, Item
from inventory.models.player_orders import PlayerOrderEntry
from inventory.models.sessions import InventorySession
from players.models import Player


class InventoryRecordQuerySet(models.QuerySet["InventoryRecord"]):
    def countable(self, *, at: datetime) -> "InventoryRecordQuerySet":
        """Records that count at that moment: not expired. Zero counts are kept (DOMAIN 2.6)."""
        return self.filter(Q(expires=None) | Q(expires__gte=at)).exclude(
            state=InventoryRecord.State.EXPIRED
        )


class InventoryRecord(models.Model):
    """So many of one item, owned by one player. `count` is the sum of the record's changes.

    Written only by fulfilment, under the player's lock; a record at zero is kept and reused.
    """

    class Type(models.TextChoices):
        PERSISTENT = "persistent", "Persistent"
        TRANSIENT = "transient", "Transient: for one session"

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        DEPLETED = "depleted", "Depleted: count is zero"
        EXPIRED = "expired", "Expired: its time or its session is over"

    inventory_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="inventory_records", db_index=False
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="inventory_records")
    type = models.CharField(max_length=16, choices=Type, default=Type.PERSISTENT)
    state = FSMField(choices=State.choices, default=State.ACTIVE, protected=True)
    bucket = models.CharField(max_length=16, choices=[(b, b) for b in Bucket], default=Bucket.NONE)
    count = models.BigIntegerField()
    acquired = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True)
    custom_data = models.JSONField(null=True, blank=True)
    session = models.ForeignKey(
        InventorySession,
        on_delete=models.PROTECT,
        related_name="records",
        null=True,
        blank=True,
        db_index=False,
        help_text="The session of a transient record.",
    )

    objects = InventoryRecordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(count__gte=0), name="inventory_count_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(state="active", count__gt=0)
                | Q(state="depleted", count=0)
                | Q(state="expired"),
                name="inventory_depleted_means_zero",
            ),
            models.CheckConstraint(
                condition=Q(type="transient", session__isnull=False)
                | Q(type="persistent", session__isnull=True),
                name="inventory_transient_means_of_a_session",
            ),
        ]
        indexes = [
            models.Index(fields=["player", "item"], name="inventory_by_player_and_item"),
            models.Index(
                fields=["expires"],
                condition=Q(expires__isnull=False) & ~Q(state="expired"),
                name="inventory_to_expire",
            ),
            models.Index(
                fields=["session"],
                condition=Q(session__isnull=False),
                name="inventory_of_session",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count:,} × {self.item}"

    @transition(field=state, source=State.ACTIVE, target=State.DEPLETED)
    def deplete(self) -> None:
        """The last one was taken."""

    @transition(field=state, source=State.DEPLETED, target=State.ACTIVE)
    def replenish(self) -> None:
        """There are some again."""

    @transition(field=state, source=[State.ACTIVE, State.DEPLETED], target=State.EXPIRED)
    def expire(self) -> None:
        """It counts for nothing any more."""

    @transition(
        field=state,
        source=State.EXPIRED,
        target=RETURN_VALUE(State.ACTIVE, State.DEPLETED),
    )
    def renew(self) -> str:
        """It was given more time."""
        return self.State.ACTIVE if self.count else self.State.DEPLETED


class InventoryChange(models.Model):
    """One change of one record: the ledger. Append-only: a trigger refuses anything else.

    `before` and `after` are the record as the API shows it, with its item under `item_id`; the
    API's `details` are read from here, in the order of the ids.
    """

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(InventoryRecord, on_delete=models.PROTECT, related_name="changes")
    # No constraint of its own: the record's player, repeated for the player's page.
    player = models.ForeignKey(
        Player,
        on_delete=models.PROTECT,
        related_name="inventory_changes",
        db_constraint=False,
        db_index=False,
    )
    entry = models.ForeignKey(PlayerOrderEntry, on_delete=models.PROTECT, related_name="changes")
    loot_id = models.BigIntegerField(null=True, help_text="The leaf loot that caused it.")
    delta = models.BigIntegerField(help_text="Count after minus count before.")
    before = models.JSONField(null=True)
    after = models.JSONField()
    created_time = models.DateTimeField()

    class Meta:
        verbose_name = "ledger entry"
        verbose_name_plural = "ledger entries"
        indexes = [models.Index(fields=["player", "-id"], name="inventory_change_by_player")]

    def __str__(self) -> str:
        return f"{self.delta:+}"
