from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from players.errors import (
    CoinOperationTaken,
    CoinsInvalid,
    CoinsMoved,
    CoinsShort,
    EstablishmentCoinsShort,
)
from players.models import CoinEntry, Establishment, Player
from players.services.lock_player import waiting_briefly
from players.services.move_coins import move_coins

Account = TypeVar("Account", Player, Establishment)
Reason = CoinEntry.Reason


@waiting_briefly()
def change_coins(  # noqa: PLR0913 - whose, how many, by whom and why
    account: Account,
    *,
    change: Decimal,
    by: str,
    note: str = "",
    campaign: str = "",
    correction: bool = False,
    operation_id: UUID | None = None,
    seen: Decimal | None = None,
) -> Account:
    """Add coins to an account, or take them (DOMAIN 1.7), and return it as it is then.

    What a player is given its establishment has less, and the other way round, unless it is a
    correction. Locks the player, then the establishment. An operation id changes coins once.
    Refused with CoinsInvalid, CoinsShort (of a player) and EstablishmentCoinsShort; and with
    CoinsMoved where the account has not the coins that were `seen`, PlayerBusy where a lock is not
    free in time.
    """
    if not change.is_finite() or not change or change != round(change, 2):
        raise CoinsInvalid("It must be more or less than nothing, with two decimals at most.")
    account = _locked(account)
    if _is_done(account, operation_id):
        return account
    if seen is not None and account.coins != seen:
        raise CoinsMoved(f"The coins have changed meanwhile: {seen} before, {account.coins} now.")
    told = ": ".join(part for part in (campaign, note) if part)[:500]
    giver = account.establishment if isinstance(account, Player) and not correction else None
    reason = Reason.ALLOCATION if giver else Reason.CORRECTION
    _move(account, change, reason=reason, by=by, note=told, operation_id=operation_id)
    if giver is not None:
        _move(_locked(giver), -change, reason=reason, by=by, note=told)
    return account


def _locked(account: Account) -> Account:
    return type(account).objects.select_for_update(no_key=True).get(pk=account.pk)


def _is_done(account: Account, operation_id: UUID | None) -> bool:
    done = CoinEntry.objects.filter(operation_id=operation_id).first() if operation_id else None
    if done and account not in (done.player, done.establishment):
        raise CoinOperationTaken("The operation id is in use.")
    return done is not None


def _move(account: Account, change: Decimal, **told: Any) -> None:
    """In the words that the API documents."""
    try:
        move_coins(account, change, **told)
    except CoinsShort as short:
        if isinstance(account, Establishment):
            raise EstablishmentCoinsShort(
                "Not enough balance in establishment", **short.details
            ) from short
        raise CoinsShort("Not enough coins", **short.details) from short
