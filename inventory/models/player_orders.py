from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from inventory.fulfilment.vocabulary import EntryType, Result, Source
from players.models import Player


class PlayerOrderQuerySet(models.QuerySet["PlayerOrder"]):
    def waiting(self) -> "PlayerOrderQuerySet":
        """Accepted, not yet done."""
        return self.filter(state=PlayerOrder.State.ACCEPTED)

    def recent(self, *, since: datetime) -> "PlayerOrderQuerySet":
        """Orders that the API still finds."""
        return self.filter(created_time__gte=since)


class FulfilmentRules(models.Model):
    """One set of rules that orders were fulfilled under: see `fulfilment.orders.Rules`.

    Every done order names its set, so it can be computed again whatever the settings are by then.
    """

    id = models.SmallAutoField(primary_key=True)
    values = models.JSONField(unique=True)

    class Meta:
        verbose_name_plural = "fulfilment rules"

    def __str__(self) -> str:
        return f"Rules {self.pk}"


class PlayerOrder(models.Model):
    """An ordered list of operations on one player's inventory. The table is the work queue.

    A player's ids ascend in acceptance order, and orders are done in that order. There is no state
    between accepted and done: an order is claimed, planned and written in one transaction, so one
    whose worker dies is simply still accepted.
    """

    class State(models.TextChoices):
        ACCEPTED = "accepted", "Accepted, waiting"
        DONE = "done", "Done"

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded", "Every entry succeeded"
        PARTLY = "partly", "Some entries succeeded"
        FAILED = "failed", "No entry succeeded"

    id = models.BigAutoField(primary_key=True)
    order_id = models.CharField(max_length=128, unique=True, help_text="The id on the wire.")
    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="player_orders", db_index=False
    )
    state = FSMField(choices=State.choices, default=State.ACCEPTED, protected=True)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, editable=False)
    source = models.CharField(max_length=32, choices=[(s, s) for s in Source])
    client_order_ref_id = models.UUIDField(null=True, blank=True)
    portal_id = models.SmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(-2), MaxValueValidator(33)]
    )
    portal_user_id = models.CharField(max_length=255, null=True, blank=True)
    instance_id = models.CharField(max_length=255, null=True, blank=True)
    match_id = models.CharField(max_length=255, null=True, blank=True)
    is_transaction = models.BooleanField(default=False)
    permissions = ArrayField(
        models.CharField(max_length=16),
        help_text="Entry groups the caller may use: loot, inventory (DOMAIN 2.3, layer 4).",
    )
    placed_by = models.CharField(
        max_length=80,
        help_text="Who placed it: `player:12`, `key:7`, `staff:3`, `system`.",
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why staff placed it.")
    request_id = models.CharField(max_length=64, blank=True, help_text="Found again in the logs.")
    dice_seed = models.BinaryField(
        max_length=16, help_text="All that chance decides comes from it."
    )
    # By the database, too: while a new version is rolled out, the old one still places orders.
    generation = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="0: placed by somebody; n: caused by an order of generation n − 1.",
    )
    caused_by = models.ForeignKey(
        "inventory.PlayerOrderEntry",
        on_delete=models.PROTECT,
        related_name="caused_orders",
        null=True,
        blank=True,
        db_index=False,
        help_text="The entry whose fulfilment placed it.",
    )
    child_allowance = models.PositiveIntegerField(
        null=True,
        editable=False,
        help_text="Orders that it may cause, with all that those cause; null: as the rules say.",
    )
    undoes = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="undone_by",
        null=True,
        blank=True,
        help_text="The order whose effects it takes back. An order is undone once.",
    )
    created_time = models.DateTimeField()
    done_time = models.DateTimeField(null=True, blank=True, editable=False)
    # With these, the seed, the ledger and the catalogue's history a done order can be replayed.
    catalogue_version = models.BigIntegerField(null=True, editable=False)
    rules = models.ForeignKey(
        FulfilmentRules,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        db_index=False,
    )

    objects = PlayerOrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="accepted", done_time__isnull=True, outcome="")
                | Q(state="done", done_time__isnull=False, outcome__gt=""),
                name="player_order_done_has_time_and_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state="accepted"),
                name="player_order_waiting",
            ),
            models.Index(
                fields=["player", "id"],
                condition=Q(state="accepted"),
                name="player_order_waiting_of_player",
            ),
            models.Index(fields=["player", "created_time", "id"], name="player_order_by_player"),
            # What staff look for. An order that succeeded and has no reference is in none of the
            # partial ones, and the summary of times costs an insert next to nothing.
            models.Index(fields=["source", "id"], name="player_order_by_source"),
            models.Index(
                fields=["outcome", "id"],
                condition=Q(outcome__in=["partly", "failed"]),
                name="player_order_not_succeeded",
            ),
            models.Index(
                fields=["client_order_ref_id"],
                condition=Q(client_order_ref_id__isnull=False),
                name="player_order_by_client_ref",
            ),
            models.Index(
                fields=["caused_by"],
                condition=Q(caused_by__isnull=False),
                name="player_order_by_cause",
            ),
            BrinIndex(fields=["created_time"], name="player_order_by_time"),
        ]
        permissions = [
            ("grant_inventory", "Can grant and correct inventory"),
            ("undo_playerorder", "Can undo player orders"),
        ]

    def __str__(self) -> str:
        return self.order_id

    @transition(field=state, source=State.ACCEPTED, target=State.DONE)
    def finish(self, *, outcome: str, at: datetime) -> None:
        self.outcome = outcome
        self.done_time = at


class PlayerOrderEntry(models.Model):
    """One operation of an order, as it was sent, and its result once processed.

    The ids are kept as sent, not as references: the API echoes an id that never existed.
    """

    order = models.ForeignKey(
        PlayerOrder, on_delete=models.CASCADE, related_name="entries", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    entry_id = models.CharField(max_length=128)
    type = models.CharField(max_length=48, choices=[(t, t) for t in EntryType])
    quantity = models.BigIntegerField()
    loot_id = models.BigIntegerField(null=True, blank=True)
    item_id = models.BigIntegerField(null=True, blank=True)
    inventory_id = models.UUIDField(null=True, blank=True)
    fields = models.JSONField(
        default=dict,
        help_text="Every other field that was sent with a value, as on the wire.",
    )
    result = models.CharField(
        max_length=64, choices=[(r, r) for r in Result], null=True, editable=False
    )
    notes = models.JSONField(
        null=True,
        editable=False,
        help_text="What happened beside changes of records, each with its place among them.",
    )

    class Meta:
        verbose_name_plural = "player order entries"
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="one_entry_per_position_of_an_order"
            ),
            models.UniqueConstraint(
                fields=["order", "entry_id"], name="one_entry_per_entry_id_of_an_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} × {self.quantity}"
