"""What the buyer of a recipe with price reduction owns of it already (DOMAIN 2.11)."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.snapshot import Catalogue, Loot
from inventory.fulfilment.attempt import Attempt, is_active
from inventory.fulfilment.trace import Told

# A check or a price in goods is no part of what is bought, whatever the player owns of its item.
_GIVING_OPERATIONS = frozenset({"add", "set"})


@dataclass(frozen=True, slots=True)
class Parts:
    """The loot that gives something, however deep, and the ids of that which is owned already."""

    loot: tuple[Loot, ...] = ()
    owned: frozenset[int] = frozenset()

    @property
    def are_all_owned(self) -> bool:
        return bool(self.loot) and len(self.owned) == len(self.loot)


def find_parts(attempt: Attempt, bundle: Loot) -> Parts:
    """The parts of the bundle's sub-vendor as it is now."""
    loot = tuple(_leaves(attempt, bundle.sub_vendor_id, set()))
    owned = frozenset(part.id for part in loot if _is_owned(attempt, part))
    attempt.tell(Told.REDUCE, len(owned), len(loot), loot_id=bundle.id)
    return Parts(loot, owned)


def _leaves(attempt: Attempt, vendor_id: int | None, seen: set[int | None]) -> Iterator[Loot]:
    vendor = None if vendor_id is None else attempt.catalogue.vendors.get(vendor_id)
    if vendor is None or not vendor.active or vendor_id in seen:
        return
    seen.add(vendor_id)
    for loot in vendor.loot:
        attempt.work(1)
        if not is_active(loot, attempt.now):
            continue
        if loot.sub_vendor_id is not None:
            yield from _leaves(attempt, loot.sub_vendor_id, seen)
        elif loot.inventory_operation in _GIVING_OPERATIONS:
            yield loot


def _is_owned(attempt: Attempt, part: Loot) -> bool:
    """Owned, not rented: what runs out will be wanted again."""
    item_id = part.item_id
    return item_id is not None and (
        attempt.is_always_owned(item_id)
        or any(
            record.count and record.expires is None for record in attempt.usable_records(item_id)
        )
    )


def reduce_price(parts: Parts, price: int, currency: int, catalogue: Catalogue) -> int:
    """The price without the share of what is owned, rounded up.

    Parts weigh what one of them costs in this currency; all the same, if that is not known of all.
    """
    if not parts.owned:
        return price
    weights = {part.id: _price_of_one(catalogue, part, currency) for part in parts.loot}
    if not all(weights.values()):
        weights = dict.fromkeys(weights, 1)
    owned = sum(weight for part_id, weight in weights.items() if part_id in parts.owned)
    return price - price * owned // sum(weights.values())


def _price_of_one(catalogue: Catalogue, part: Loot, currency: int) -> int:
    point = catalogue.price_points.get(part.current_price_point_id or "")
    prices = (
        each.price
        for step in (point.current_breakpoints if point is not None else ())
        for each in step.currencies
        if step.quantity == 1 and each.price_item_id == currency
    )
    return next(prices, 0)
