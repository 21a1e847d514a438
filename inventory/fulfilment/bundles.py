"""Dynamic bundles: a selection of a vendor's loot that is offered to one player."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from catalog.snapshot import Catalogue, Loot
from inventory.fulfilment.attempt import Attempt, is_active
from inventory.fulfilment.dice import Dice
from inventory.fulfilment.loot import check_loot, fill, named_loot
from inventory.fulfilment.orders import BundleLoot
from inventory.fulfilment.pricing import DYNAMIC_BUNDLE, Bill, item_type
from inventory.fulfilment.purchase import buy
from inventory.fulfilment.vocabulary import Result


def purchase_dynamic_bundle(attempt: Attempt) -> None:
    """Sell the player's own selection for the price of the bundle: all of it, or nothing."""
    bundle = named_loot(attempt)
    check_loot(attempt, bundle)
    attempt.require(Result.DYNAMIC_BUNDLES_NOT_AVAILABLE, that=attempt.rules.dynamic_bundles)
    chosen = attempt.entry.dynamic_bundle_loot_ids or ()
    members = {member.id for member in _members(attempt.catalogue, bundle, attempt.now)}
    is_dynamic = item_type(attempt, bundle) == DYNAMIC_BUNDLE
    is_selection = chosen and len(set(chosen)) == len(chosen) and members.issuperset(chosen)
    attempt.require(Result.DYNAMIC_BUNDLE_INVALID, that=is_dynamic and bool(is_selection))
    attempt.work(len(members) * min(len(members), bundle.quantity) // 16)
    offered = offer(attempt.catalogue, attempt.order.player_uuid, bundle, now=attempt.now)
    attempt.require(Result.DYNAMIC_BUNDLE_LTIS_DO_NOT_MATCH, that=set(chosen) == set(offered))

    def deliver(_bill: Bill) -> None:
        for loot_id in offered:
            attempt.draft.add(BundleLoot(loot_id))
            fill(attempt, attempt.catalogue.loot[loot_id], 1)

    buy(attempt, bundle, deliver)


def offer(
    catalogue: Catalogue, player_uuid: UUID, bundle: Loot, *, now: datetime
) -> tuple[int, ...]:
    """The loot that the player may buy as this bundle.

    Of a randomly sampled vendor as many as the bundle's quantity, drawn by weight; of a recipe all.
    It is stored nowhere, and the same until the vendor changes or more of its loot takes effect.
    """
    members = _members(catalogue, bundle, now)
    vendor = catalogue.vendors.get(bundle.sub_vendor_id or 0)
    if vendor is None or vendor.type == "recipe":
        return tuple(member.id for member in members)
    pool = [member for member in members if member.drop_weight > 0]
    drawn: list[int] = []
    while pool and len(drawn) < bundle.quantity:
        seed = player_uuid.bytes + bundle.id.to_bytes(8) + vendor.etag.encode()
        index = Dice(seed).draw([member.drop_weight for member in pool], len(drawn))
        drawn.append(pool.pop(index).id)
    return tuple(drawn)


def _members(catalogue: Catalogue, bundle: Loot, now: datetime) -> Sequence[Loot]:
    """What of the bundle's sub-vendor is for sale."""
    vendor_id = bundle.sub_vendor_id
    vendor = None if vendor_id is None else catalogue.vendors.get(vendor_id)
    if vendor is None or not vendor.active:
        return ()
    return [loot for loot in vendor.loot if is_active(loot, now)]
