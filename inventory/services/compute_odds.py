"""What filling a vendor may give as things are now: worked out for one caller at a time."""

from datetime import datetime
from threading import Lock

from django.db import transaction

from catalog.models import Vendor
from catalog.services.take_snapshot import current_catalogue
from catalog.snapshot import Catalogue
from inventory.errors import OddsBusy, VendorNotFound, VendorNotSampled
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.odds import MAX_PATHS, NOBODY, Odds, odds
from inventory.fulfilment.orders import Record, Rules
from inventory.models import InventoryRecord
from inventory.services.database import database_time
from inventory.services.load_holdings import load_owners
from inventory.services.load_records import RECORD_FIELDS
from inventory.services.rules_in_force import rules_in_force
from players.models import Player

# Answers, for the minute: by then other loot may be in effect.
KEPT = 500
_kept: dict[tuple[int, int, int, int, Rules, datetime], Odds] = {}
_at_work = Lock()


def compute_odds(
    vendor_id: int, *, player: Player | None = None, quantity: int = 1, max_paths: int = MAX_PATHS
) -> Odds:
    """What filling the vendor may give as things are now; without a player, to who has nothing.

    A vendor in which nothing is drawn, at no depth, is refused with VendorNotSampled. No
    more than `max_paths` ways are walked, or else sampled, for about a second each.

    Those without a player are kept for the minute. Only one computation runs in a process: who
    would have to wait for it is refused with OddsBusy.
    """
    catalogue, now = current_catalogue(), database_time()
    if vendor_id not in catalogue.vendors:
        raise VendorNotFound(f"There is no vendor {vendor_id}.", vendor_id=vendor_id)
    if not _draws(vendor_id, catalogue):
        raise VendorNotSampled(
            f"Vendor {vendor_id} is not randomly sampled, and none of its sub-vendors is.",
            vendor_id=vendor_id,
        )
    rules = rules_in_force()
    minute = now.replace(second=0, microsecond=0)
    key = vendor_id, quantity, max_paths, catalogue.version, rules, minute
    if player is None and (kept := _kept.get(key)):
        return kept
    if not _at_work.acquire(blocking=False):
        raise OddsBusy("Other odds are being worked out. Ask again in a second.")
    try:
        found = odds(
            vendor_id,
            catalogue,
            _holdings(player) if player else Holdings(),
            now=now,
            rules=rules,
            player_uuid=player.uuid if player else NOBODY,
            quantity=quantity,
            max_paths=max_paths,
            samples=max_paths,
        )
        if player is None:
            if len(_kept) >= KEPT:
                _kept.clear()
            _kept[key] = found
        return found
    finally:
        _at_work.release()


def _draws(vendor_id: int, catalogue: Catalogue) -> bool:
    seen: set[int] = set()
    pending = [vendor_id]
    while pending:
        vendor = catalogue.vendors.get(pending.pop())
        if vendor is None or vendor.id in seen:
            continue
        if vendor.type == Vendor.Type.RANDOMLY_SAMPLED:
            return True
        seen.add(vendor.id)
        pending += [loot.sub_vendor_id for loot in vendor.loot if loot.sub_vendor_id is not None]
    return False


@transaction.atomic
def _holdings(player: Player) -> Holdings:
    """All that the player has now."""
    records = InventoryRecord.objects.filter(player=player).exclude(
        state=InventoryRecord.State.EXPIRED
    )
    return Holdings(
        (Record(*row) for row in records.values_list(*RECORD_FIELDS)),
        session=load_owners([player.pk])[player.pk].session,
    )
