from decimal import Decimal
from uuid import UUID

from players.errors import CoinsInvalid, CoinsShort
from players.models import CoinEntry, Establishment, Player

MAX_COINS = 10**10  # what the columns hold


def move_coins(  # noqa: PLR0913 - whose, how many, by whom and why
    account: Player | Establishment,
    amount: Decimal,
    *,
    reason: CoinEntry.Reason,
    by: str,
    note: str = "",
    operation_id: UUID | None = None,
) -> CoinEntry:
    """Add to the account, or take from it, by an entry; the caller holds the lock of its row.

    The locks of players come before those of establishments. Refused with CoinsShort where less
    than nothing would be left, and with CoinsInvalid where it would be MAX_COINS or more.
    """
    balance = account.coins + amount
    if balance < 0:
        raise CoinsShort(
            f"{account} has {account.coins} coins, {-amount} are needed.", coins=account.coins
        )
    if balance >= MAX_COINS:
        raise CoinsInvalid(f"An account holds less than {MAX_COINS:,} coins.")
    account.coins = balance
    account.save(update_fields=["coins"])
    return CoinEntry.objects.create(
        player=account if isinstance(account, Player) else None,
        establishment=account if isinstance(account, Establishment) else None,
        amount=amount,
        balance=balance,
        reason=reason,
        by=by,
        note=note,
        operation_id=operation_id,
    )
