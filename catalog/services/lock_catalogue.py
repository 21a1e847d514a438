from django.db import connection

# Taken one by one in this order: it is the lock order inside the catalogue.
LOCK = """
    LOCK TABLE catalog_xptable, catalog_inventorybucketuseruleset, catalog_timeframe,
        catalog_pricepoint, catalog_item, catalog_vendor, catalog_loot, catalog_promotion,
        catalog_platformsku
    IN SHARE ROW EXCLUSIVE MODE
"""


def lock_catalogue() -> None:
    """Keep every other writer out, an import or staff, from here to the commit; readers pass.

    So does fulfilment, which locks rows of promotions: in the order of their codes, after all else
    that it locks. Who writes to several promotions locks their rows in that order too.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
