"""Who calls: a player with a token, or an API client with a key.

The credential is a bearer token in `Authorization`, or a player's token in a cookie. Every failure
is a 403 of the documented codes; there is no 401 in this dialect.
"""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from inventory.api.errors import Forbidden, InsufficientPermissions
from players.errors import ApiKeyExpired, ApiKeyRefused, TokenRefused
from players.models import ApiKey, Player
from players.services.authenticate_api_key import authenticate_api_key
from players.tokens import verify_player_token

API_KEY_PREFIX = "tpp_"
DESCRIPTIONS = {
    "auth_not_jwt": "Invalid Authorization",
    "auth_token_format": "Invalid Authorization - {}",
    "auth_malformed_access": "Invalid Authorization - malformed access token",
    "auth_token_unknown": "Failed to parse token",
    "auth_token_sig_invalid": "Token Signature is invalid",
    "auth_token_expired": "Token is expired",
    "auth_invalid_key_id": "Invalid Authorization - Invalid Key ID in Access Token",
    "auth_invalid_version": "Invalid Authorization - version",
    "auth_token_invalid_claim": "Token contained invalid claim value: {}",
    "auth_token_invalid_type": "Invalid Authorization - Invalid Token Type",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """`player` is set for a player's token, which reaches only that player.

    A key of an establishment reaches its players; one without reaches all.
    """

    name: str
    scopes: frozenset[str]
    player: Player | None = None
    establishment_id: UUID | None = None


class PlayerTokenOrApiKey(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, None]:
        if header := request.headers.get("Authorization"):
            credential = _bearer(header)
            if credential.startswith(API_KEY_PREFIX):
                return _api_client(credential), None
            return _player(credential), None
        if cookie := request.COOKIES.get(settings.PLAYER_TOKEN_COOKIE):
            if cookie.startswith(API_KEY_PREFIX):
                raise refused("auth_token_invalid_type")
            _check_not_cross_site(request)
            return _player(cookie), None
        raise refused("auth_not_jwt")


def refused(code: str, detail: str = "") -> Forbidden:
    return Forbidden(code, DESCRIPTIONS[code].format(detail), auth_success=False)


def _bearer(header: str) -> str:
    scheme, _, credential = header.partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential or " " in credential:
        raise refused("auth_token_format", "expected: Bearer <token>")
    return credential


def _api_client(credential: str) -> Caller:
    try:
        key: ApiKey = authenticate_api_key(credential, at=timezone.now())
    except ApiKeyExpired as error:
        raise refused("auth_token_expired") from error
    except ApiKeyRefused as error:
        raise refused("auth_invalid_key_id") from error
    if key.player_id is not None:
        raise refused(
            "auth_token_invalid_type"
        )  # an iframe key is for the rewards API (DOMAIN 1.2)
    return Caller(
        name=f"key:{key.pk}",
        scopes=frozenset(key.scopes),
        establishment_id=key.establishment_id,
    )


def _player(credential: str) -> Caller:
    try:
        claims = verify_player_token(credential)
    except TokenRefused as error:
        raise refused(error.code, error.message) from error
    player = Player.objects.filter(uuid=claims.player_uuid).first()
    if player is None:
        raise refused("auth_token_invalid_claim", "sub")
    return Caller(name=f"player:{player.pk}", scopes=claims.scopes, player=player)


def _check_not_cross_site(request: Request) -> None:
    """A browser sends the cookie along with requests that other sites make in the player's name.

    Reading such an answer the browser itself forbids them. A request that changes something counts
    only if the browser says that it comes from this site. What says nothing is no browser: they
    all send `Origin` with a POST. (The JSON content type, demanded of every POST, is a second
    fence: another site cannot send it without asking first.)
    """
    if request.method in {"GET", "HEAD"}:
        return
    origin = request.headers.get("Origin")
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    if site := request.headers.get("Sec-Fetch-Site"):
        same_site = site in {"same-origin", "none"}
    else:
        same_site = origin in {None, f"{request.scheme}://{request.get_host()}"}
    if not same_site:
        raise InsufficientPermissions("the cookie is not accepted from another site")
