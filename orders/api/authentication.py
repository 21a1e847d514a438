"""Who calls: an API client with a key, the page in a frame with an iframe key, or a player.

A key comes by HTTP Basic, as the user name with an empty password, or as a bearer token; a player's
token as a bearer token (DOMAIN 1.2, 4.6). Every failure is a 401 of one body.
"""

from base64 import b64decode
from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from orders.api.refusals import Unauthorized
from players.errors import ApiKeyRefused, TokenRefused
from players.models import Player
from players.services.authenticate_api_key import authenticate_api_key
from players.tokens import verify_player_token

API_KEY_PREFIX = "tpp_"


class Kind(Enum):
    KEY = auto()
    IFRAME = auto()
    PLAYER = auto()
    ANYBODY = auto()  # of endpoints that are public; nobody is authenticated so


@dataclass(frozen=True, slots=True)
class Caller:
    """`player` is set for iframe keys and players' tokens, which reach only that player.

    With an establishment only its players, products and orders exist; a key without one reaches
    all.
    """

    kind: Kind
    name: str
    scopes: frozenset[str]
    player: Player | None = None
    establishment_id: UUID | None = None


class KeyOrToken(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, None]:
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        credential = credential.strip()
        match scheme.lower():
            case "basic":
                return _api_client(_user_name(credential)), None
            case "bearer" if credential.startswith(API_KEY_PREFIX):
                return _api_client(credential), None
            case "bearer":
                return _player(credential), None
        raise Unauthorized


def _user_name(credential: str) -> str:
    """The user name of HTTP Basic; a password with it is none of ours."""
    try:
        name, _, password = b64decode(credential, validate=True).decode().partition(":")
    except ValueError as error:
        raise Unauthorized from error
    if password:
        raise Unauthorized
    return name


def _api_client(text: str) -> Caller:
    try:
        key = authenticate_api_key(text, at=timezone.now())
    except ApiKeyRefused as error:
        raise Unauthorized from error
    return Caller(
        kind=Kind.KEY if key.player_id is None else Kind.IFRAME,
        name=f"key:{key.pk}",
        scopes=frozenset(key.scopes),
        player=key.player,
        establishment_id=key.establishment_id,
    )


def _player(token: str) -> Caller:
    try:
        claims = verify_player_token(token)
    except TokenRefused as error:
        raise Unauthorized from error
    player = Player.objects.filter(uuid=claims.player_uuid).first()
    if player is None:
        raise Unauthorized
    return Caller(
        kind=Kind.PLAYER,
        name=f"player:{player.pk}",
        scopes=claims.scopes,
        player=player,
        establishment_id=player.establishment_id,
    )
