from uuid import UUID

from catalog.models import Item
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import PlayerOrder
from inventory.services.place_player_order import EntryDraft, OrderDraft, place_player_order
from players.models import Player, User


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
    return place_player_order(
        player=player,
        draft=OrderDraft(source=Source.SUPPORT, order_id=str(order_id), entries=(entry,)),
        placed_by=f"staff:{by.pk}",
        permissions=frozenset({"inventory"}),
        reason=reason,
        request_id=request_id,
    )
