from uuid import UUID

from django.db import transaction

from inventory.errors import InventoryMoved, OrdersWaiting
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.accept_player_orders import EntryDraft
from inventory.services.hold_player import hold_player
from inventory.services.place_staff_order import place_staff_order
from players.models import Player, User


@transaction.atomic
def correct_inventory(  # noqa: PLR0913 - what, from what, by whom and why
    *,
    record: InventoryRecord,
    count: int,
    seen: int,
    by: User,
    reason: str,
    order_id: UUID,
    request_id: str = "",
) -> PlayerOrder:
    """Set the record's count by a SUPPORT order, if it still is what staff saw.

    Asked and done under the same locks: no order of the player can be accepted or fulfilled in
    between, so what was confirmed is what happens. The same order id corrects once.
    """
    hold_player(record.player_id)
    player = Player.objects.get(pk=record.player_id)
    if stored := PlayerOrder.objects.filter(order_id=str(order_id), player=player).first():
        return stored
    if PlayerOrder.objects.waiting().filter(player=player).exists():
        raise OrdersWaiting("Orders of this player are waiting to be done. Try again in a moment.")
    record = InventoryRecord.objects.get(pk=record.pk)
    if record.count != seen:
        raise InventoryMoved(
            f"The count has changed meanwhile: it was {seen:,} and is {record.count:,} now."
        )
    entry = EntryDraft(
        type=EntryType.UPDATE_INVENTORY,
        inventory_id=record.pk,
        quantity=count,
        # An update names the whole record: without it, the expiry would be taken away.
        fields={"expires": record.expires.isoformat()} if record.expires else {},
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
