"""What the services of players may refuse."""

from django.core.exceptions import ValidationError

from config.errors import Conflict, Invalid, NotFound, Refusal


class TokenRefused(Refusal):
    """A player token that opens nothing. `code` is one of the `auth_…` codes of DOMAIN 2.3."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class TokensIssuedElsewhere(Conflict):
    """Players' tokens are verified by a key set here: another service signs them."""

    code = "tokens_issued_elsewhere"


class ApiKeyRefused(Refusal):
    """An API key that opens nothing; a subclass says why."""


class ApiKeyUnknown(ApiKeyRefused):
    """No such key was ever issued."""

    code = "api_key_unknown"


class ApiKeyRevoked(ApiKeyRefused):
    """The key was taken back."""

    code = "api_key_revoked"


class ApiKeyExpired(ApiKeyRefused):
    """The key's time is over."""

    code = "api_key_expired"


class ApiKeyAlreadyRotated(Conflict):
    """The key has a successor, which was shown once, to whoever rotated first."""

    code = "api_key_already_rotated"


class ExpiryInPast(Invalid):
    """A key that would never open anything."""

    code = "expiry_in_past"


class ScopesUnknown(Invalid):
    """Scopes that there are not, or not for such a key (players/scopes.py)."""

    code = "scopes_unknown"


class FieldsInvalid(Invalid):
    """Values that a model does not take; `details` has the messages by field."""

    code = "fields_invalid"

    def __init__(self, error: ValidationError) -> None:
        messages = error.message_dict
        super().__init__(
            "; ".join(f"{field}: {' '.join(said)}" for field, said in messages.items()), **messages
        )


class PlayerTaken(Conflict):
    """Another player has this id, uuid or customer code."""

    code = "player_taken"


class PlayerNotFound(NotFound):
    """No player has this id or uuid."""

    code = "player_not_found"


class PlayerElsewhere(Invalid):
    """The player is not one of the establishment that was named."""

    code = "player_elsewhere"


class EstablishmentTaken(Conflict):
    """Another establishment has this id."""

    code = "establishment_taken"


class EstablishmentNotFound(NotFound):
    """No establishment has this id."""

    code = "establishment_not_found"


class CoinsShort(Conflict):
    """The account has fewer coins than are to be taken from it."""

    code = "coins_short"


class EstablishmentCoinsShort(CoinsShort):
    """The establishment has fewer coins than are to be given."""

    code = "establishment_coins_short"


class CoinsInvalid(Invalid):
    """Not a number of coins that an account can be changed by."""

    code = "coins_invalid"


class CoinOperationTaken(Conflict):
    """The operation id names a change of the coins of another account."""

    code = "coin_operation_taken"


class CoinsMoved(Conflict):
    """The account has not the coins that were seen when the change was asked for."""

    code = "coins_moved"


class PlayerBusy(Conflict):
    """A lock was not free in time: of the player, or of what is to be changed with it."""

    code = "player_busy"
