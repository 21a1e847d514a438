"""What the deployment allows, and what it allowed when an order was fulfilled."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.conf import settings

from inventory.fulfilment.orders import Rules
from inventory.fulfilment.vocabulary import EntryType
from inventory.models import FulfilmentRules


def rules_in_force() -> Rules:
    """The rules that the settings make."""
    return Rules(
        entry_types=frozenset(map(EntryType, settings.PLAYER_ORDER_ENTRY_TYPES)),
        max_custom_attributes=settings.MAX_CUSTOM_ATTRIBUTES,
        max_effects=settings.PLAYER_ORDER_MAX_CHANGES,
        max_child_orders=settings.PLAYER_ORDER_MAX_CHILD_ORDERS,
        max_generations=settings.PLAYER_ORDER_MAX_GENERATIONS,
        promotion_tries=settings.PROMOTION_TRIES,
        promotion_window=settings.PROMOTION_WINDOW,
        client_entries=settings.CLIENT_ENTRIES_LIMIT,
        client_window=settings.CLIENT_ENTRIES_WINDOW,
        coupons=settings.COUPONS_ENABLED,
        dynamic_bundles=settings.DYNAMIC_BUNDLES_ENABLED,
        price_is_per_unit=settings.PRICE_IS_PER_UNIT,
        rent_unit=settings.RENT_UNIT,
        direct_side_effects=settings.DIRECT_INVENTORY_SIDE_EFFECTS,
    )


def stored_values(rules: Rules) -> dict[str, Any]:
    """The rules as `FulfilmentRules` keeps them: the same rules are always the same values."""
    return {field.name: _stored(getattr(rules, field.name)) for field in fields(Rules)}


def stored_rules(row: FulfilmentRules) -> Rules:
    """The rules that a done order names. What they do not say is as it is by default."""
    known = {field.name: field.default for field in fields(Rules)}
    return Rules(
        **{
            name: _read(value, like=known[name])
            for name, value in row.values.items()
            if name in known
        }
    )


def _stored(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.total_seconds() if isinstance(value, timedelta) else value


def _read(value: Any, *, like: Any) -> Any:
    if isinstance(like, frozenset):
        return frozenset(map(EntryType, value))
    return timedelta(seconds=value) if isinstance(like, timedelta) else value
