"""Accept player orders: rows, each order id once, each player's in the order of their ids."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connection

from inventory.errors import OrderIdTaken
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.hold_player import LOCK_ACCEPTANCE


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


# An order that is not stored yet, with its entries in their order.
NewOrder = tuple[PlayerOrder, Sequence[PlayerOrderEntry]]


def new_order(  # noqa: PLR0913 - all by keyword, each a fact of its own
    draft: OrderDraft,
    *,
    player_id: int,
    placed_by: str,
    permissions: frozenset[str],
    request_id: str = "",
    reason: str = "",
    generation: int = 0,
    caused_by_id: int | None = None,
    child_allowance: int | None = None,
    undoes_id: int | None = None,
) -> NewOrder:
    """The order that the draft would become. Nothing is stored."""
    order = PlayerOrder(
        order_id=draft.order_id or str(uuid.uuid4()),
        player_id=player_id,
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
        generation=generation,
        caused_by_id=caused_by_id,
        child_allowance=child_allowance,
        undoes_id=undoes_id,
    )
    entries = [
        PlayerOrderEntry(
            position=position,
            entry_id=entry.entry_id or str(uuid.uuid4()),
            type=entry.type,
            quantity=entry.quantity,
            loot_id=entry.loot_id,
            item_id=entry.item_id,
            inventory_id=entry.inventory_id,
            fields=dict(entry.fields),
        )
        for position, entry in enumerate(draft.entries)
    ]
    return order, entries


# One statement, so one round trip and one commit. The locks come first (a one-time filter is asked
# before any row is made), then ids and times in the order of the drafts: what one player's orders
# show is the order in which they were committed. An order id that is being inserted elsewhere is
# waited for.
ACCEPT = """
    WITH locked AS MATERIALIZED ({locks}),
    placed AS (
        INSERT INTO inventory_playerorder (
            order_id, player_id, state, outcome, source, client_order_ref_id, portal_id,
            portal_user_id, instance_id, match_id, is_transaction, permissions, placed_by, reason,
            request_id, dice_seed, created_time, generation, caused_by_id, child_allowance,
            undoes_id
        )
        SELECT
            draft.order_id, draft.player_id, 'accepted', '', draft.source,
            draft.client_order_ref_id, draft.portal_id, draft.portal_user_id, draft.instance_id,
            draft.match_id, draft.is_transaction, draft.permissions, draft.placed_by, draft.reason,
            draft.request_id, decode(draft.dice_seed, 'hex'), clock_timestamp(), draft.generation,
            draft.caused_by_id, draft.child_allowance, draft.undoes_id
        FROM ROWS FROM (json_to_recordset(%(orders)s::json) AS (
            order_id text, player_id bigint, source text, client_order_ref_id uuid,
            portal_id smallint, portal_user_id text, instance_id text, match_id text,
            is_transaction boolean, permissions text[], placed_by text, reason text,
            request_id text, dice_seed text, generation smallint, caused_by_id bigint,
            child_allowance integer, undoes_id bigint
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
""".replace("{locks}", LOCK_ACCEPTANCE)
ORDER_COLUMNS = (
    "order_id",
    "player_id",
    "source",
    "client_order_ref_id",
    "portal_id",
    "portal_user_id",
    "instance_id",
    "match_id",
    "is_transaction",
    "permissions",
    "placed_by",
    "reason",
    "request_id",
    "generation",
    "caused_by_id",
    "child_allowance",
    "undoes_id",
)
ENTRY_COLUMNS = (
    "position",
    "entry_id",
    "type",
    "quantity",
    "loot_id",
    "item_id",
    "inventory_id",
    "fields",
)


def accept_player_order(new: NewOrder) -> tuple[PlayerOrder, bool]:
    """The order stored under its id, and whether it is new; OrderIdTaken is raised."""
    [(order, is_new)] = accept_player_orders([new])
    if isinstance(order, OrderIdTaken):
        raise order
    return order, is_new


def accept_player_orders(
    orders: Sequence[NewOrder],
) -> list[tuple[PlayerOrder | OrderIdTaken, bool]]:
    """For each order the one stored under its id, or why not, and whether it is new.

    It takes the players' acceptance locks until the transaction ends. Who holds rows of players
    holds those of all these players before.
    """
    # Of orders with the same id the first is the one that may become an order.
    new: dict[str, PlayerOrder] = {}
    entries: list[dict[str, Any]] = []
    for order, its_entries in orders:
        if new.setdefault(order.order_id, order) is order:
            entries += [_entry_row(order, entry) for entry in its_entries]
    with connection.cursor() as cursor:
        cursor.execute(
            ACCEPT,
            {
                "players": sorted({order.player_id for order in new.values()}),
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
        for order, _ in orders
    ]


def _order_row(order: PlayerOrder) -> dict[str, Any]:
    row = {name: getattr(order, name) for name in ORDER_COLUMNS}
    return {**row, "dice_seed": order.dice_seed.hex()}


def _entry_row(order: PlayerOrder, entry: PlayerOrderEntry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in ENTRY_COLUMNS}
    return {**row, "order_id": order.order_id}
