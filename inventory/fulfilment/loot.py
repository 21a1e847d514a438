"""Loot entries: which loot may be filled, and for whom (DOMAIN 2.13 B)."""

from catalog.snapshot import Loot, Vendor
from inventory.fulfilment import vendors
from inventory.fulfilment.attempt import Attempt, Failed, is_active
from inventory.fulfilment.entitlements import entitlement
from inventory.fulfilment.operations import Filling
from inventory.fulfilment.vocabulary import Result


def fill_loot(attempt: Attempt) -> None:
    """Fill the loot that the entry names."""
    loot = _claimable_loot(attempt)
    fill(attempt, loot, attempt.entry.quantity)


def fill_loot_single_transient(attempt: Attempt) -> None:
    """Fill the loot for the open session, once in it."""
    loot = _claimable_loot(attempt)
    session = attempt.draft.session
    is_first = session is None or loot.id not in session.applied_loot
    attempt.require(Result.TRANSIENT_SINGLE_LOOT_ALREADY_APPLIED, that=is_first)
    attempt.found(Result.FAILED_TO_MODIFY_INVENTORY, session, "session")
    attempt.as_transient = True
    fill(attempt, loot, attempt.entry.quantity)
    attempt.draft.apply_once(loot.id)


def fill_entitled_loot(attempt: Attempt) -> None:
    """Fill what an entitlement that the player owns grants."""
    attempt.entitlement = entitlement(attempt, attempt.entry.loot_id)
    attempt.found(Result.LOOT_NOT_FOUND, attempt.entitlement)
    loot = _claimable_loot(attempt)
    fill(attempt, loot, attempt.entry.quantity)


def named_loot(attempt: Attempt) -> Loot:
    """The loot that the entry names, of the vendor as its caller saw it."""
    entry = attempt.entry
    loot = attempt.catalogue.loot.get(entry.loot_id) if entry.loot_id is not None else None
    loot = attempt.found(Result.LOOT_NOT_FOUND, loot)
    vendor = attempt.catalogue.vendors[loot.vendor_id]
    is_current = _is_current(vendor, entry.vendor_etag, entry.vendor_version)
    attempt.require(Result.VENDOR_VERSION_DOES_NOT_MATCH, that=is_current)
    return loot


def check_loot(attempt: Attempt, loot: Loot) -> None:
    """Whether the loot may be filled at all, now and on this platform."""
    vendor = attempt.catalogue.vendors[loot.vendor_id]
    attempt.require(Result.LOOT_NOT_ACTIVE, that=vendor.active and is_active(loot, attempt.now))
    if loot.item_id is None:
        return
    item = attempt.item(loot.item_id)
    is_usable = not attempt.has_platform or attempt.usable_buckets(item) != ()
    attempt.require(Result.NOT_ALLOWED_ON_CURRENT_PORTAL, that=is_usable)


def fill(
    attempt: Attempt, loot: Loot, quantity: int, *, without: frozenset[int] = frozenset()
) -> None:
    """Fill the loot as if it were the only one of a vendor; nothing filled is a failure.

    Loot that `without` names is passed over wherever it is met. What was written before a failure
    stays: the entry rolls back.
    """
    attempt.check_attributes(attempt.entry.custom_data)
    attempt.without = without
    if vendors.fill(attempt, loot, quantity) is Filling.NOTHING:
        raise Failed(Result.FAILED_TO_FILL_ANY_SUB_LOOT)


def _claimable_loot(attempt: Attempt) -> Loot:
    """The loot that the entry names, if a player's own machine may ask for it without a price."""
    loot = named_loot(attempt)
    check_loot(attempt, loot)
    is_claimable = loot.is_claimable_by_client or not attempt.is_from_client
    attempt.require(Result.LOOT_NOT_FILLABLE_FROM_CLIENT, that=is_claimable)
    return loot


def _is_current(vendor: Vendor, etag: str | None, version: int | None) -> bool:
    """Whether the caller saw this vendor as it is; the etag wins over the deprecated version.

    It may be as the catalogue's ETag header has it: in quotes, or weak.
    """
    if etag is not None:
        return etag.removeprefix("W/").strip('"') == vendor.etag
    return version is None or version == vendor.legacy_config_version
