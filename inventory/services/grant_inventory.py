from uuid import UUID

from catalog.models import Bucket, Item
from inventory.fulfilment.selections import stack
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.accept_player_orders import EntryDraft
from inventory.services.database import database_time
from inventory.services.load_records import load_records
from inventory.services.place_staff_order import place_staff_order
from players.models import Player, User


def stack_for_grant(*, player: Player, item: Item) -> InventoryRecord | None:
    """The record that a grant adds to, by correcting it: the one that loot would stack on."""
    records = load_records([(player.pk, frozenset({item.pk}))], sessions=(), now=database_time())
    lasting = [record for record in records[player.pk].values() if record.expires is None]
    found = stack(lasting, bucket=Bucket.NONE, custom_data=None)
    return None if found is None else InventoryRecord.objects.get(pk=found.inventory_id)


def grant_inventory(  # noqa: PLR0913 - what, to whom, by whom and why
    *,
    player: Player,
    item: Item,
    quantity: int,
    by: User,
    reason: str,
    order_id: UUID,
    request_id: str = "",
) -> PlayerOrder:
    """Give the player a new record, by a SUPPORT order. The same order id gives it once."""
    entry = EntryDraft(
        type=EntryType.CREATE_NEW_PERSISTENT_INVENTORY, item_id=item.pk, quantity=quantity
    )
    return place_staff_order(
        player=player,
        entries=[entry],
        source=Source.SUPPORT,
        placed_by=f"staff:{by.pk}",
        reason=reason,
        order_id=order_id,
        request_id=request_id,
    )
