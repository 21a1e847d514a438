from collections.abc import Sequence
from uuid import UUID

from inventory.fulfilment.vocabulary import Source
from inventory.models import PlayerOrder
from inventory.services.accept_player_orders import (
    EntryDraft,
    OrderDraft,
    accept_player_order,
    new_order,
)
from inventory.services.fulfil_player_orders import fulfil_at_once
from inventory.services.place_player_order import leave_to_workers
from players.models import Player


def place_staff_order(  # noqa: PLR0913 - what, for whom, by whom and why
    *,
    player: Player,
    entries: Sequence[EntryDraft],
    source: Source,
    placed_by: str,
    reason: str,
    order_id: UUID,
    request_id: str = "",
    is_transaction: bool = False,
    undoes: PlayerOrder | None = None,
) -> PlayerOrder:
    """Place an order on inventory, and have it done here if that can be at once.

    Never left to a worker by its size: where the caller holds the player, a worker would come when
    the locks are gone. The same order id is placed once.
    """
    draft = OrderDraft(
        source=source,
        order_id=str(order_id),
        entries=tuple(entries),
        is_transaction=is_transaction,
    )
    new = new_order(
        draft,
        player_id=player.pk,
        placed_by=placed_by,
        permissions=frozenset({"inventory"}),
        request_id=request_id,
        reason=reason,
        undoes_id=None if undoes is None else undoes.pk,
    )
    order, _ = accept_player_order(new)
    return leave_to_workers(fulfil_at_once(order))
