"""What all views of the player orders API share: the order of the questions, and who may pass."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from config.idempotency import IdempotentRequest
from inventory.api.authentication import Caller, PlayerTokenOrApiKey
from inventory.api.errors import MethodNotOffered, Misshapen, answer_to
from inventory.api.openapi import Operation, PlayerOrdersSchema
from inventory.api.parsing import parse_path
from inventory.api.permissions import check_player, reachable_players
from players.errors import PlayerNotFound
from players.models import Player

PLAYER_FIELDS = {"player_id": "id", "player_uuid": "uuid"}
PLAYER_UNKNOWN = "The specified player was not found"


def find_player(caller: Caller, key: Mapping[str, Any]) -> Player:
    """The caller's own player, or the one with this id or uuid, as far as the caller reaches."""
    player = caller.player or reachable_players(caller).filter(**key).first()
    if player is None:
        raise PlayerNotFound(PLAYER_UNKNOWN)
    return player


class PlayerOrdersApi(ViewSet):
    """What all doors share: the order of the questions, and the look of a refusal."""

    authentication_classes = [PlayerTokenOrApiKey]
    http_method_names = ["get", "head", "post", "put"]
    schema = PlayerOrdersSchema()
    operations: ClassVar[Mapping[str, Operation]]

    caller: Caller

    def initial(self, request: Request, *_args: Any, **kwargs: str) -> None:
        if self.action not in self.action_map.values():
            raise MethodNotOffered(f'Method "{request.method}" not allowed')
        self.caller = cast(Caller, request.user)
        self.path = parse_path(kwargs)
        self.check_caller()

    def check_caller(self) -> None:
        raise NotImplementedError

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponse]:
        return answer_to

    def once(
        self, request: Request, call: Callable[[Callable[[int], str | None]], HttpResponse]
    ) -> HttpResponse:
        """Answer a repetition with the first answer, if the caller gave the request a key.

        `call` is given the ids to use for what it makes, by their index.
        """
        keyed = IdempotentRequest.of(request, caller=self.caller.name)
        if keyed is None:
            return call(lambda _index: None)
        return keyed.answer(lambda: call(keyed.derived_id))


class PlayerDoor(PlayerOrdersApi):
    """A door to one player: of the path, or the token's own on `me`."""

    # By action, without the end `:self` or `:any`. One that is not here is a fault (KeyError).
    scopes: ClassVar[Mapping[str, str]]

    def check_caller(self) -> None:
        check_player(self.caller, self.scopes[self.action], self.player_key())

    def player_key(self) -> dict[str, Any]:
        """The id or uuid of the path; empty for `me`."""
        return {
            PLAYER_FIELDS[name]: value for name, value in self.path.items() if name in PLAYER_FIELDS
        }

    def find_player(self) -> Player:
        return find_player(self.caller, self.player_key())

    def find_player_of_post(self) -> Player:
        """Seed 001 documents no 404 for a call that changes something."""
        try:
            return self.find_player()
        except PlayerNotFound as error:
            [name] = self.path.keys() & PLAYER_FIELDS.keys()
            raise Misshapen.at("path", name, kind=error.code, message=error.message) from error
