"""What there is: items, and vendors with the loot that changes a player's inventory (DOMAIN 2.9).

A trigger on every table here raises `CatalogVersion` in the same transaction and keeps what was
written in `CatalogHistory`, whoever writes; the snapshot that fulfilment reads is built once per
version (catalog/services/take_snapshot.py). What holds between the rows is in catalog/rules.py.
"""

from catalog.models.bucket_rules import InventoryBucketUseRuleSet
from catalog.models.buckets import Bucket
from catalog.models.items import Item
from catalog.models.loot import Loot
from catalog.models.price_points import PricePoint
from catalog.models.promotions import Promotion
from catalog.models.skus import PlatformSku
from catalog.models.time_frames import TimeFrame
from catalog.models.vendors import Vendor
from catalog.models.versions import CatalogHistory, CatalogVersion
from catalog.models.xp_tables import XpTable

__all__ = [
    "Bucket",
    "CatalogHistory",
    "CatalogVersion",
    "InventoryBucketUseRuleSet",
    "Item",
    "Loot",
    "PlatformSku",
    "PricePoint",
    "Promotion",
    "TimeFrame",
    "Vendor",
    "XpTable",
]
