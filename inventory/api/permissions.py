"""Who may do what: the layers of DOMAIN 2.3, in their order.

Layers 1 to 3 refuse the whole request. Layer 4 is a set of entry groups that goes with the order:
fulfilment refuses the single entry.
"""

from collections.abc import Mapping

from django.db.models import QuerySet

from inventory.api.authentication import Caller, refused
from inventory.api.errors import InsufficientPermissions
from inventory.fulfilment.vocabulary import CLIENT_SOURCES, Source
from players.models import Player

EVERYTHING = "inv:*"
SIMULATE = "inv:simulate"
ENTRY_GROUPS = ("loot", "inventory")


def check_player(caller: Caller, scope: str, player: Mapping[str, object]) -> None:
    """Layers 1 and 2. `player` is the id or uuid of the path; it is empty for `me`."""
    accepted = {EVERYTHING, f"{scope}:any"}
    if caller.player is not None:
        accepted.add(f"{scope}:self")
    _check_reach(caller, player)
    if caller.scopes.isdisjoint(accepted):
        raise InsufficientPermissions


def check_simulation(caller: Caller, player: Mapping[str, object]) -> None:
    """In place of layers 1 to 3: of any source, as nothing is done."""
    _check_reach(caller, player)
    if caller.scopes.isdisjoint({EVERYTHING, SIMULATE}):
        raise InsufficientPermissions


def _check_reach(caller: Caller, player: Mapping[str, object]) -> None:
    own = caller.player
    if own is None and not player:
        raise refused("auth_token_invalid_type")
    if own is not None and any(getattr(own, field) != value for field, value in player.items()):
        raise InsufficientPermissions  # a token reaches its own player, whatever its scopes


def check_many_players(caller: Caller, scope: str) -> None:
    """Layers 1 and 2 for a call that names its players itself: for API clients only."""
    if caller.player is not None or caller.scopes.isdisjoint({EVERYTHING, f"{scope}:any"}):
        raise InsufficientPermissions


def reachable_players(caller: Caller) -> QuerySet[Player]:
    """The players that exist for an API client."""
    if caller.establishment_id is None:
        return Player.objects.all()
    return Player.objects.filter(establishment_id=caller.establishment_id)


def may_use_source(caller: Caller, source: Source) -> bool:
    """Layer 3."""
    accepted = {EVERYTHING, "inv:create_order:source:any"}
    if source in CLIENT_SOURCES:
        accepted.add("inv:create_order:source:client")
    return not caller.scopes.isdisjoint(accepted)


def entry_groups(caller: Caller) -> frozenset[str]:
    """Layer 4."""
    return frozenset(
        group
        for group in ENTRY_GROUPS
        if not caller.scopes.isdisjoint({EVERYTHING, f"inv:create_order:entry:{group}"})
    )


def simulated_entry_groups(caller: Caller) -> frozenset[str]:
    """Layer 4 of a simulation: who may place no entries at all may simulate them all."""
    return entry_groups(caller) or frozenset(ENTRY_GROUPS)
