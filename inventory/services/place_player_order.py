"""Accept player orders: commit them as rows, then have them fulfilled now or soon (DOMAIN 2.7)."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from inventory.errors import OrderIdTaken
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import PlayerOrder
from inventory.services.fulfil_player_orders import fulfil_at_once
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from players.models import Player


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """An entry as it was sent. `fields` holds every other field that had a value, JSON-ready."""

    type: EntryType
    quantity: int
    entry_id: str | None = None
    loot_id: int | None = None
    item_id: int | None = None
    inventory_id: uuid.UUID | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """An order as it was sent. Ids that are None are made here."""

    entries: tuple[EntryDraft, ...]
    source: Source = Source.CLIENT
    client_order_ref_id: uuid.UUID | None = None
    portal_id: int | None = None
    portal_user_id: str | None = None
    instance_id: str | None = None
    match_id: str | None = None
    is_transaction: bool = False
    order_id: str | None = None


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
    [(order, is_new)] = _accept([(player, draft)], placed_by, permissions, request_id, reason)
    if isinstance(order, OrderIdTaken):
        raise order
    entries = len(draft.entries) if is_new else order.entries.count()
    if wait and settings.PLAYER_ORDERS_INLINE and entries <= settings.PLAYER_ORDER_INLINE_ENTRIES:
        order = fulfil_at_once(order)
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
    accept = partial(_accept, drafts, placed_by, permissions, request_id, reason)
    try:
        orders = accept()
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
        # Another call had the same order ids in another order. It has won: see what it stored.
        orders = accept()
    transaction.on_commit(knock_for_fulfilment)
    return [order for order, _ in orders]


# One statement, so one round trip and one commit. The locks come first (a one-time filter is asked
# before any row is made), then ids and times in the order of the drafts: what one player's orders
# show is the order in which they were committed. The one-key space of advisory locks is the ids of
# players, in ascending order; an order id that is being inserted elsewhere is waited for.
ACCEPT = """
    WITH locked AS MATERIALIZED (
        SELECT pg_advisory_xact_lock(player_id) FROM unnest(%(players)s::bigint[]) AS player_id
    ),
    placed AS (
        INSERT INTO inventory_playerorder (
            order_id, player_id, state, outcome, source, client_order_ref_id, portal_id,
            portal_user_id, instance_id, match_id, is_transaction, permissions, placed_by, reason,
            request_id, dice_seed, created_time, generation
        )
        SELECT
            draft.order_id, draft.player_id, 'accepted', '', draft.source,
            draft.client_order_ref_id, draft.portal_id, draft.portal_user_id, draft.instance_id,
            draft.match_id, draft.is_transaction, %(permissions)s::text[], %(placed_by)s,
            %(reason)s, %(request_id)s, decode(draft.dice_seed, 'hex'), clock_timestamp(), 0
        FROM ROWS FROM (json_to_recordset(%(orders)s::json) AS (
            order_id text, player_id bigint, source text, client_order_ref_id uuid,
            portal_id smallint, portal_user_id text, instance_id text, match_id text,
            is_transaction boolean, dice_seed text
        )) WITH ORDINALITY AS draft
        WHERE (SELECT count(*) FROM locked) > 0
        ORDER BY draft.ordinality
        ON CONFLICT (order_id) DO NOTHING
        RETURNING id, order_id, created_time
    ),
    entered AS (
        INSERT INTO inventory_playerorderentry (
            order_id, position, entry_id, type, quantity, loot_id, item_id, inventory_id, fields
        )
        SELECT
            placed.id, entry.position, entry.entry_id, entry.type, entry.quantity, entry.loot_id,
            entry.item_id, entry.inventory_id, entry.fields
        FROM json_to_recordset(%(entries)s::json) AS entry (
            order_id text, position smallint, entry_id text, type text, quantity bigint,
            loot_id bigint, item_id bigint, inventory_id uuid, fields jsonb
        )
        JOIN placed ON placed.order_id = entry.order_id
        ORDER BY placed.id, entry.position
    )
    SELECT order_id, id, created_time FROM placed
"""


def _accept(
    drafts: Sequence[tuple[Player, OrderDraft]],
    placed_by: str,
    permissions: frozenset[str],
    request_id: str,
    reason: str,
) -> list[tuple[PlayerOrder | OrderIdTaken, bool]]:
    """For each draft the order stored under its id, or why not, and whether it is new."""
    orders = [
        PlayerOrder(
            order_id=draft.order_id or str(uuid.uuid4()),
            player=player,
            source=draft.source,
            client_order_ref_id=draft.client_order_ref_id,
            portal_id=draft.portal_id,
            portal_user_id=draft.portal_user_id,
            instance_id=draft.instance_id,
            match_id=draft.match_id,
            is_transaction=draft.is_transaction,
            permissions=sorted(permissions),
            placed_by=placed_by,
            reason=reason,
            request_id=request_id,
            dice_seed=secrets.token_bytes(16),
        )
        for player, draft in drafts
    ]
    # Of drafts with the same order id the first is the one that may become an order.
    new: dict[str, PlayerOrder] = {}
    entries: list[dict[str, Any]] = []
    for order, (_, draft) in zip(orders, drafts, strict=True):
        if new.setdefault(order.order_id, order) is order:
            entries += _entry_rows(order.order_id, draft)
    with connection.cursor() as cursor:
        cursor.execute(
            ACCEPT,
            {
                "players": sorted({player.pk for player, _ in drafts}),
                "permissions": sorted(permissions),
                "placed_by": placed_by,
                "reason": reason,
                "request_id": request_id,
                "orders": orjson.dumps([_order_row(order) for order in new.values()]).decode(),
                "entries": orjson.dumps(entries).decode(),
            },
        )
        for order_id, pk, created_time in cursor.fetchall():
            new[order_id].pk = pk
            new[order_id].created_time = created_time
            new[order_id]._state.adding = False  # noqa: SLF001 - Django's documented way to say so
    stored = {order_id: order for order_id, order in new.items() if order.pk}
    if len(stored) < len(new):
        for order in PlayerOrder.objects.filter(order_id__in=new.keys() - stored.keys()):
            stored[order.order_id] = order
    return [
        (
            stored[order.order_id]
            if stored[order.order_id].player_id == order.player_id
            else OrderIdTaken("The order id is in use.", order_id=order.order_id),
            stored[order.order_id] is order,
        )
        for order in orders
    ]


def _order_row(order: PlayerOrder) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "player_id": order.player_id,
        "source": order.source,
        "client_order_ref_id": order.client_order_ref_id,
        "portal_id": order.portal_id,
        "portal_user_id": order.portal_user_id,
        "instance_id": order.instance_id,
        "match_id": order.match_id,
        "is_transaction": order.is_transaction,
        "dice_seed": order.dice_seed.hex(),
    }


def _entry_rows(order_id: str, draft: OrderDraft) -> list[dict[str, Any]]:
    return [
        {
            "order_id": order_id,
            "position": position,
            "entry_id": entry.entry_id or str(uuid.uuid4()),
            "type": entry.type,
            "quantity": entry.quantity,
            "loot_id": entry.loot_id,
            "item_id": entry.item_id,
            "inventory_id": entry.inventory_id,
            "fields": entry.fields,
        }
        for position, entry in enumerate(draft.entries)
    ]
