"""Players' bearer tokens: JWTs signed with our secret, or by another service with a key set.

The claims: `sub` is the player's uuid, `scope` the scopes separated by spaces, and `exp`, `iss` and
`aud` are demanded. There is no claim of our own.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import jwt
import structlog
from django.conf import settings
from jwt.exceptions import InvalidJTIError, InvalidSubjectError

from players.errors import TokenRefused, TokensIssuedElsewhere
from players.models import Player
from players.scopes import known_scopes

# Two lists that never meet: a public key must not pass as a shared secret.
SECRET_ALGORITHMS = ["HS256"]
KEY_SET_ALGORITHMS = ["RS256", "ES256", "EdDSA"]
# An ID token of the same signer says who someone is, not what they may do.
TOKEN_TYPES = {"jwt", "at+jwt", "application/at+jwt"}

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PlayerClaims:
    player_uuid: UUID
    scopes: frozenset[str]


def issue_player_token(
    player: Player, scopes: Iterable[str], *, now: datetime, ttl: timedelta | None = None
) -> str:
    if settings.PLAYER_TOKEN_JWKS_URL:
        raise TokensIssuedElsewhere(
            "PLAYER_TOKEN_JWKS_URL is set: players' tokens come from whoever owns that key set."
        )
    claims = {
        "iss": settings.PLAYER_TOKEN_ISSUER,
        "aud": settings.PLAYER_TOKEN_AUDIENCE,
        "sub": str(player.uuid),
        "scope": " ".join(known_scopes(scopes)),
        "iat": now,
        "exp": now + (ttl or settings.PLAYER_TOKEN_TTL),
    }
    return jwt.encode(claims, settings.PLAYER_TOKEN_SECRET, algorithm=SECRET_ALGORITHMS[0])


def verify_player_token(token: str) -> PlayerClaims:
    """What the token claims, once everything about it is verified; whatever it is, never a fault.

    That the player exists is the caller's question.
    """
    if token.count(".") != 2 or not token.isascii():  # noqa: PLR2004 - header, claims, signature
        raise TokenRefused("auth_not_jwt", "The token is not a JWT: three parts with dots between.")
    try:
        header = jwt.get_unverified_header(token)
        if str(header.get("typ", "JWT")).lower() not in TOKEN_TYPES:
            raise TokenRefused("auth_token_invalid_type", "The token is not an access token.")
        key, algorithms = _verification_key(header)
        claims = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=settings.PLAYER_TOKEN_ISSUER,
            audience=settings.PLAYER_TOKEN_AUDIENCE,
            # A clock that goes a little ahead of ours is no reason to refuse a fresh token.
            options={"require": ["exp", "sub"], "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise _refusal(error) from error
    return PlayerClaims(_player_uuid(claims), _scopes(claims))


def _verification_key(header: dict[str, Any]) -> tuple[jwt.PyJWK | str, list[str]]:
    if not settings.PLAYER_TOKEN_JWKS_URL:
        return settings.PLAYER_TOKEN_SECRET, SECRET_ALGORITHMS
    try:
        return (
            _key_set(settings.PLAYER_TOKEN_JWKS_URL).get_signing_key(header.get("kid", "")),
            KEY_SET_ALGORITHMS,
        )
    except KeySetUnavailable as error:
        raise TokenRefused(
            "auth_invalid_key_id", "The set of signing keys cannot be fetched at the moment."
        ) from error
    except jwt.PyJWKClientError as error:
        raise TokenRefused("auth_invalid_key_id", "The key that signed is not known.") from error


class KeySetUnavailable(Exception):  # noqa: N818 - an answer to the caller, not a fault of ours
    """The key set did not come, or what came is none."""


class KeySet(jwt.PyJWKClient):
    """PyJWT's client, kept from asking an address that just failed.

    It fetches under a lock, so without the pause every request would wait, one after the other,
    for the time-out of an address that does not answer.
    """

    TIMEOUT = 2.0
    PAUSE_AFTER_FAILURE = 5.0

    def __init__(self, url: str) -> None:
        super().__init__(url, timeout=self.TIMEOUT)
        self._not_before = 0.0

    def fetch_data(self) -> Any:
        if time.monotonic() < self._not_before:
            raise KeySetUnavailable
        try:
            return super().fetch_data()
        except (jwt.PyJWTError, ValueError, OSError) as error:
            self._not_before = time.monotonic() + self.PAUSE_AFTER_FAILURE
            logger.warning("player_token_key_set_unavailable", url=self.uri, error=str(error))
            raise KeySetUnavailable from error


_key_set = cache(KeySet)


# The first that fits: a subclass stands before its parent.
_CODES = (
    (jwt.ExpiredSignatureError, "auth_token_expired", "The token has expired."),
    (jwt.InvalidSignatureError, "auth_token_sig_invalid", "The signature does not fit."),
    (jwt.InvalidAlgorithmError, "auth_token_sig_invalid", "The algorithm is not accepted."),
)
_CLAIMS = {
    jwt.InvalidIssuerError: "iss",
    jwt.InvalidAudienceError: "aud",
    InvalidSubjectError: "sub",
    InvalidJTIError: "jti",
    jwt.ImmatureSignatureError: "nbf",
}


def _refusal(error: jwt.InvalidTokenError) -> TokenRefused:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return _invalid_claim(error.claim)
    if claim := _CLAIMS.get(type(error)):
        return _invalid_claim(claim)
    for kind, code, message in _CODES:
        if isinstance(error, kind):
            return TokenRefused(code, message)
    return TokenRefused("auth_malformed_access", f"The token cannot be read: {error}")


def _invalid_claim(claim: str) -> TokenRefused:
    return TokenRefused("auth_token_invalid_claim", f"{claim}: missing or not accepted")


def _player_uuid(claims: dict[str, Any]) -> UUID:
    try:
        return UUID(claims["sub"])
    except ValueError as error:
        raise _invalid_claim("sub") from error


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise _invalid_claim("scope")
    return frozenset(scope.split())
