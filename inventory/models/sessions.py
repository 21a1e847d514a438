import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from inventory.models.player_orders import PlayerOrder
from players.models import Player


class InventorySessionQuerySet(models.QuerySet["InventorySession"]):
    def open(self) -> "InventorySessionQuerySet":
        """Not closed yet: at most one of a player."""
        return self.filter(closed_at=None)


class InventorySession(models.Model):
    """A player's time at play. At most one is open; transient records live as long as theirs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="inventory_sessions", db_index=False
    )
    platform = models.CharField(max_length=64, blank=True)
    applied_loot = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text="Loot of fill_loot_single_transient: each once per session.",
    )
    order = models.ForeignKey(
        PlayerOrder,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text="What was given when the session was opened.",
    )
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = InventorySessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player"],
                condition=Q(closed_at__isnull=True),
                name="one_open_session_per_player",
            )
        ]
        indexes = [
            models.Index(fields=["player", "-opened_at"], name="session_by_player"),
            # The ids are random: staff see the latest first by this.
            models.Index(fields=["opened_at"], name="session_by_time"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
