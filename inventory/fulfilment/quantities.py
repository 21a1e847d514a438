"""How much of a loot is filled (DOMAIN 2.14)."""

from catalog.snapshot import Loot
from inventory.fulfilment.attempt import Attempt
from inventory.fulfilment.vocabulary import Result
from inventory.fulfilment.xp import TRANSFORMS, xp_for_levels


def quantity_of(attempt: Attempt, loot: Loot, n: int) -> int:
    """The loot's quantity for `n` of it: multiplied, read as levels, and then at most its maximum.

    Levels of an item without an XP table are refused.
    """
    quantity = loot.quantity if loot.quantity_type == "absolute" else loot.quantity * n
    if loot.quantity_mult_inventory_item_id is not None:
        quantity *= attempt.own_count(loot.quantity_mult_inventory_item_id)
    if quantity and loot.xp_quantity_transform_type != "none":
        quantity = _xp(attempt, loot, quantity)
    if loot.hard_quantity_maximum > 0:
        quantity = min(quantity, loot.hard_quantity_maximum)
    return quantity


def _xp(attempt: Attempt, loot: Loot, levels: int) -> int:
    item = attempt.item(loot.item_id)
    table = None
    if item.level_xp_table_id is not None and loot.xp_quantity_transform_type in TRANSFORMS:
        table = attempt.catalogue.xp_tables.get(item.level_xp_table_id)
    table = attempt.found(Result.FAILED_TO_MODIFY_INVENTORY, table, "xp_table")
    return xp_for_levels(loot.xp_quantity_transform_type, levels, attempt.own_count(item.id), table)
