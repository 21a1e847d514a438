"""Place player orders: accept them for good, then have them fulfilled now or soon (DOMAIN 2.7)."""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected

from inventory.errors import OrderIdTaken
from inventory.models import PlayerOrder
from inventory.services.accept_player_orders import (
    OrderDraft,
    accept_player_order,
    accept_player_orders,
    new_order,
)
from inventory.services.fulfil_player_orders import fulfil_at_once
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from players.models import Player


def place_player_order(  # noqa: PLR0913 - all by keyword, each a fact of its own
    *,
    player: Player,
    draft: OrderDraft,
    placed_by: str,
    permissions: frozenset[str],
    wait: bool = True,
    request_id: str = "",
    reason: str = "",
) -> PlayerOrder:
    """Accept an order for good, then fulfil it here if `wait` allows and it can be done at once.

    The order is returned done, or accepted: then a worker has been called. An order id that this
    player has used before gives the order as it is stored, and nothing is done twice; one that
    another player has used is refused with OrderIdTaken.
    """
    new = new_order(
        draft,
        player_id=player.pk,
        placed_by=placed_by,
        permissions=permissions,
        request_id=request_id,
        reason=reason,
    )
    order, is_new = accept_player_order(new)
    entries = len(draft.entries) if is_new else order.entries.count()
    return have_fulfilled(order, entries=entries) if wait else leave_to_workers(order)


def have_fulfilled(order: PlayerOrder, *, entries: int) -> PlayerOrder:
    """Fulfil an accepted order here, if it is small and can be done at once; else call a worker."""
    if settings.PLAYER_ORDERS_INLINE and entries <= settings.PLAYER_ORDER_INLINE_ENTRIES:
        order = fulfil_at_once(order)
    return leave_to_workers(order)


def leave_to_workers(order: PlayerOrder) -> PlayerOrder:
    """Call a worker, unless the order is done."""
    if order.state == PlayerOrder.State.ACCEPTED:
        transaction.on_commit(knock_for_fulfilment)
    return order


def place_player_orders(
    *,
    drafts: Sequence[tuple[Player, OrderDraft]],
    placed_by: str,
    permissions: frozenset[str],
    request_id: str = "",
    reason: str = "",
) -> list[PlayerOrder | OrderIdTaken]:
    """Accept many orders together, to be fulfilled by a worker.

    For each draft, in the same order, the stored order or why it was refused. A refused one does
    not keep the others from being accepted.
    """
    accept = partial(
        accept_player_orders,
        [
            new_order(
                draft,
                player_id=player.pk,
                placed_by=placed_by,
                permissions=permissions,
                request_id=request_id,
                reason=reason,
            )
            for player, draft in drafts
        ],
    )
    try:
        orders = accept()
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
        # Another call had the same order ids in another order. It has won: see what it stored.
        orders = accept()
    transaction.on_commit(knock_for_fulfilment)
    return [order for order, _ in orders]
