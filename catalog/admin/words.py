"""Prices, quantities and doubts in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.models import Loot


def in_a_word(label: str) -> str:
    """Without what it means."""
    return label.partition(":")[0]


def quantity_of(loot: Loot) -> str:
    """The quantity with all that becomes of it, as DOMAIN 2.14 counts."""
    text = f"{loot.quantity:,}"
    if loot.quantity_type == Loot.QuantityType.RELATIVE:
        text += " × requested"
    if loot.quantity_mult_inventory_item_id is not None:
        text += f" × count of item {loot.quantity_mult_inventory_item_id}"
    if loot.xp_quantity_transform_type != Loot.XpTransform.NONE:
        text += ", levels as XP"
    if loot.hard_quantity_maximum:
        text += f", at most {loot.hard_quantity_maximum:,}"
    return text


def price_in_words(breakpoints: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> str:
    """Such as `100 gems each; from 10: 90 gems + 1 gold each`."""
    if not breakpoints:
        return "no price"
    return "; ".join(
        (f"from {each['quantity']:,}: " if each["quantity"] > 1 else "")
        + " + ".join(
            f"{price['price']:,} {names.get(price['price_item_id']) or price_item(price)}"
            for price in each["currencies"]
        )
        + " each"
        for each in sorted(breakpoints, key=lambda each: each["quantity"])
    )


def price_item(price: Mapping[str, Any]) -> str:
    return f"of item {price['price_item_id']}"


def doubts_shown(doubts: Sequence[str]) -> SafeString:
    """Marked, one below the other; nothing if there are none."""
    if not doubts:
        return SafeString("")
    lines = format_html_join("", "<li>⚠ {}</li>", [(doubt,) for doubt in doubts])
    return format_html('<ul class="text-orange-700 dark:text-orange-400">{}</ul>', lines)
