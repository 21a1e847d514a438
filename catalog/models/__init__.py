"""What there is: products with their stock, and what fulfilment reads (DOMAIN 2.9).

Products, suppliers and stock change all day and are read from their rows. A trigger on every other
table here raises `CatalogVersion` in the same transaction and keeps what was
written in `CatalogHistory`, whoever writes; the snapshot that fulfilment reads is built once per
version (catalog/services/take_snapshot.py). What holds between the rows is in catalog/rules.py.
"""

from catalog.models.bucket_rules import InventoryBucketUseRuleSet
from catalog.models.buckets import Bucket
from catalog.models.items import Item
from catalog.models.loot import Loot
from catalog.models.price_points import PricePoint
from catalog.models.products import Offer, Product, StockMovement, Supplier
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
    "Offer",
    "PlatformSku",
    "PricePoint",
    "Product",
    "Promotion",
    "StockMovement",
    "Supplier",
    "TimeFrame",
    "Vendor",
    "XpTable",
]
