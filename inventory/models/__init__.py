"""What players own, and the orders that change it (DOMAIN 2 and 4.3).

A foreign key has no index of its own where one of the table begins with it: these tables are
written all day.
"""

from inventory.models.entitlements import PlatformEntitlement
from inventory.models.player_orders import (
    FulfilmentRules,
    PlayerOrder,
    PlayerOrderEntry,
    PlayerOrderQuerySet,
)
from inventory.models.promotion_uses import PromotionUse
from inventory.models.records import InventoryChange, InventoryRecord, InventoryRecordQuerySet
from inventory.models.sessions import InventorySession

__all__ = [
    "FulfilmentRules",
    "InventoryChange",
    "InventoryRecord",
    "InventoryRecordQuerySet",
    "InventorySession",
    "PlatformEntitlement",
    "PlayerOrder",
    "PlayerOrderEntry",
    "PlayerOrderQuerySet",
    "PromotionUse",
]
