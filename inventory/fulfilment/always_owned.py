"""Items that everyone has: shown as records, stored nowhere (DOMAIN 2.15)."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid5

from catalog.snapshot import Catalogue, Item
from inventory.fulfilment.orders import Record

ALWAYS_OWNED = "always_owned"


def always_owned_record(item: Item, player_uuid: UUID, *, acquired: datetime) -> Record:
    """What is shown for the item; its id is the same every time."""
    return Record(
        inventory_id=uuid5(player_uuid, str(item.id)),
        item_id=item.id,
        type=ALWAYS_OWNED,
        bucket="none",
        count=1,
        acquired=acquired,
        expires=None,
        custom_data=None,
    )


def always_owned_records(
    catalogue: Catalogue, player_uuid: UUID, *, acquired: datetime
) -> Iterator[Record]:
    """One record for each active always owned item."""
    for item in catalogue.always_owned:
        yield always_owned_record(item, player_uuid, acquired=acquired)
