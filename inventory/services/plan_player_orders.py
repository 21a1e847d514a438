"""Plan player orders on what their players own now. Nothing is written, and nothing is locked."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from catalog.snapshot import Catalogue
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.orders import (
    CodeClaimed,
    Currency,
    Entry,
    EntryOutcome,
    Order,
    PurchasePrice,
    Rules,
)
from inventory.fulfilment.plan import plan
from inventory.fulfilment.trace import Trace
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.load_holdings import load_holdings, load_owners

BATCH_WEIGHT = 20_000
BATCH_SECONDS = 5

# Orders of locked players, oldest first, with their entries in order.
Claimed = Mapping[PlayerOrder, Sequence[PlayerOrderEntry]]


def plan_player_orders(
    claimed: Claimed,
    catalogue: Catalogue,
    *,
    now: datetime,
    rules: Rules,
    trace: Trace | None = None,
) -> list[tuple[EntryOutcome, ...]]:
    """Return the outcomes of the first orders, one per entry; of all, unless they do too much.

    The orders see each other's effects, in the order given. With effects of BATCH_WEIGHT it is
    enough: what is planned must fit into memory and into one statement; and after BATCH_SECONDS:
    the players are kept from others. The orders need not be
    stored, if each has a key and a time of creation. `trace` is told of all entries in their order.
    """
    owners = load_owners({order.player_id for order in claimed})
    orders = {
        order: core_order(order, entries, owners[order.player_id].uuid)
        for order, entries in claimed.items()
    }
    loaded = load_holdings(
        ((order.player_id, core) for order, core in orders.items()),
        owners,
        catalogue,
        now=now,
        rules=rules,
    )
    holdings, promotion_uses = loaded.holdings, loaded.promotion_uses
    outcomes: list[tuple[EntryOutcome, ...]] = []
    weight, end = 0, time.monotonic() + BATCH_SECONDS
    for order, core in orders.items():
        if outcomes and (weight >= BATCH_WEIGHT or time.monotonic() >= end):
            break
        planned = plan(
            core,
            catalogue,
            holdings[order.player_id],
            now=now,
            dice=Dice(bytes(order.dice_seed)),
            rules=rules,
            promotion_uses=promotion_uses,
            trace=trace,
        )
        holdings[order.player_id] = planned.holdings
        for entry in planned.entries:
            weight += entry.weight
            promotion_uses.update(used_codes(entry))
        outcomes.append(planned.entries)
    return outcomes


def used_codes(outcome: EntryOutcome) -> list[str]:
    """The codes that the entry used for good, each as often as it did."""
    if outcome.result is not Result.SUCCESS:
        return []
    return [effect.code for effect in outcome.effects if isinstance(effect, CodeClaimed)]


def core_order(order: PlayerOrder, entries: Iterable[PlayerOrderEntry], player_uuid: UUID) -> Order:
    """The order as the core takes it."""
    return Order(
        player_uuid=player_uuid,
        source=Source(order.source),
        portal_id=order.portal_id,
        is_transaction=order.is_transaction,
        permissions=frozenset(order.permissions),
        entries=tuple(map(core_entry, entries)),
        created_time=order.created_time,
        generation=order.generation,
        child_allowance=order.child_allowance,
    )


def core_entry(entry: PlayerOrderEntry) -> Entry:
    """The entry as the core takes it."""
    fields = entry.fields
    if not fields:
        # Much the most of them, and this is asked of every one.
        return Entry(
            EntryType(entry.type),
            entry.quantity,
            loot_id=entry.loot_id,
            inventory_id=entry.inventory_id,
            item_id=entry.item_id,
        )
    expires = fields.get("expires")
    bundle = fields.get("dynamic_bundle_loot_ids")
    price = fields.get("purchase_price")
    return Entry(
        EntryType(entry.type),
        entry.quantity,
        loot_id=entry.loot_id,
        vendor_version=fields.get("vendor_version"),
        vendor_etag=fields.get("vendor_etag"),
        dynamic_bundle_loot_ids=None if bundle is None else tuple(bundle),
        purchase_price=price and _price(price),
        external_tran_id=fields.get("external_tran_id"),
        use_inventory_bucket=fields.get("use_inventory_bucket"),
        inventory_id=entry.inventory_id,
        legacy_inventory_id=fields.get("legacy_inventory_id"),
        item_id=entry.item_id,
        expires=datetime.fromisoformat(expires).astimezone(UTC) if expires else None,
        custom_data=fields.get("custom_data"),
    )


def _price(price: Mapping[str, Any]) -> PurchasePrice:
    return PurchasePrice(
        currencies=tuple(
            Currency(each["price_item_id"], each["price"]) for each in price.get("currencies") or ()
        ),
        price_item_id=price.get("price_item_id"),
        price=price.get("price"),
        price_coupon_item_id=price.get("price_coupon_item_id"),
    )
