from django.db import connection

# One statement takes them one by one: this order is the lock order inside the catalogue.
LOCK = """
    LOCK TABLE catalog_xptable, catalog_inventorybucketuseruleset, catalog_timeframe,
        catalog_pricepoint, catalog_item, catalog_vendor, catalog_loot, catalog_promotion,
        catalog_platformsku
    IN SHARE ROW EXCLUSIVE MODE
"""


def lock_catalogue() -> None:
    """Keep every other writer out, an import or staff, from here to the commit; readers pass."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
