from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from inventory.errors import InventoryMoved, OrdersWaiting
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.fulfil_player_orders import fulfil_at_once, lock_player
from inventory.services.place_player_order import EntryDraft, OrderDraft, place_player_order
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
    _lock(record.player_id)
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
    order = place_player_order(
        player=player,
        draft=OrderDraft(source=Source.SUPPORT, order_id=str(order_id), entries=(entry,)),
        placed_by=f"staff:{by.pk}",
        permissions=frozenset({"inventory"}),
        reason=reason,
        request_id=request_id,
    )
    # Not left to a worker, which would come when the locks are gone.
    return order if order.state == PlayerOrder.State.DONE else fulfil_at_once(order)


def _lock(player_id: int) -> None:
    """The row first: who waits for it must not keep the player's orders from acceptance."""
    try:
        lock_player(player_id)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise OrdersWaiting(
                "Orders of this player are being done. Try again in a moment."
            ) from error
        raise
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [player_id])
