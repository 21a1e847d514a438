from django.db import models

from catalog.models import Promotion
from inventory.models.player_orders import PlayerOrderEntry
from players.models import Player


class PromotionUse(models.Model):
    """One use of a promotion's code by a player. Append-only.

    Uses are numbered from 1, over all players and for each: so two that race for the last one take
    the same number, and only one is stored.
    """

    id = models.BigAutoField(primary_key=True)
    promotion = models.ForeignKey(
        Promotion, on_delete=models.PROTECT, related_name="uses", db_index=False
    )
    number = models.BigIntegerField()
    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="promotion_uses", db_index=False
    )
    player_number = models.PositiveIntegerField()
    entry = models.ForeignKey(
        PlayerOrderEntry, on_delete=models.PROTECT, related_name="promotion_uses", db_index=False
    )
    created_time = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["promotion", "number"], name="one_use_per_number_of_a_promotion"
            ),
            models.UniqueConstraint(
                fields=["player", "promotion", "player_number"],
                name="one_use_per_number_of_a_player",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.promotion_id} #{self.number}"
