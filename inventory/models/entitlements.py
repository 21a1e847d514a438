from django.db import models

from catalog.models import PlatformSku
from players.models import Player


class PlatformEntitlement(models.Model):
    """That a player has bought something in a platform's store, as staff or a store told us.

    A durable one gives its loot at every session on that platform (DOMAIN 2.15).
    """

    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="platform_entitlements", db_index=False
    )
    sku = models.ForeignKey(PlatformSku, on_delete=models.PROTECT, related_name="entitlements")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["player", "sku"], name="one_entitlement_per_sku_of_a_player"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sku}"
