from catalog.admin import (
    bucket_rules,
    items,
    loot,
    offers,
    price_points,
    products,
    promotions,
    skus,
    time_frames,
    vendors,
    xp_tables,
)

__all__ = [
    "bucket_rules",
    "items",
    "loot",
    "offers",
    "price_points",
    "products",
    "promotions",
    "skus",
    "time_frames",
    "vendors",
    "xp_tables",
]
