"""What all views of the rewards API share: the order of the questions, and what a caller reaches.

Who calls (401), whether they may (403), what they say (400 or 422), whether it is theirs (403),
what it names, and last what the service says (DOMAIN 1.6).
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from config.errors import Refusal
from orders.api.authentication import Caller
from orders.api.doors import Door
from orders.api.fields import as_uuid
from orders.api.parsing import in_words, json_object
from orders.api.refusals import BadRequest, Forbidden, MethodNotOffered
from orders.api.rewards.endpoints import Endpoint
from orders.api.rewards.errors import FieldsWrong, answer_to
from orders.api.rewards.openapi import RewardsSchema
from orders.models import Order
from players.models import Player


class RewardsApi(Door):
    """A door of the rewards API. An action without an endpoint is a fault (KeyError)."""

    schema = RewardsSchema()
    endpoints: ClassVar[Mapping[str, Endpoint]]

    path: dict[str, UUID]

    @property
    def endpoint(self) -> Endpoint:
        return self.endpoints[self.action]

    def initial(self, request: Request, *_args: Any, **kwargs: str) -> None:
        if self.action not in self.action_map.values():
            raise MethodNotOffered(f'Method "{request.method}" not allowed')
        self.caller = cast(Caller, request.user)
        if self.caller.kind not in self.endpoint.callers:
            raise Forbidden
        self.check_scope(self.endpoint.scope)
        self.path = self._parse_path(kwargs)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponse]:
        return answer_to

    def parse(self, request: Request, *, optional: bool = False) -> dict[str, Any]:
        """The body as the endpoint takes it; one that takes none passes over any JSON object."""
        taker = self.endpoint.request
        data = json_object(request, optional=optional or taker is None)
        if taker is None:
            return {}
        said = taker(data=data)
        if not said.is_valid():
            raise self._misshapen(said.errors)
        return cast(dict[str, Any], said.validated_data)

    def parse_query(self, request: Request, taker: type[Serializer[Any]]) -> dict[str, Any]:
        try:
            asked = taker(data=request.query_params.dict())
        except TooManyFieldsSent as error:
            raise BadRequest("Too many parameters") from error
        if not asked.is_valid():
            raise BadRequest(in_words(asked.errors))
        return cast(dict[str, Any], asked.validated_data)

    def find_player(self) -> Player:
        """The player of the path, as far as the caller reaches."""
        named = self.path["playerId"]
        self.check_own(named)
        players = Player.objects.select_related("establishment").filter(uuid=named)
        if self.caller.establishment_id:
            players = players.filter(establishment=self.caller.establishment_id)
        player = players.first()
        if player is None:
            raise self.endpoint.unknown()
        return player

    def find_order(self) -> Order:
        """The order of the path, if it is a reward of that player, as far as the caller reaches."""
        named = self.path["playerId"]
        self.check_own(named)
        orders = Order.objects.rewards().filter(
            transaction_id=self.path["transactionId"], player__uuid=named
        )
        if self.caller.establishment_id:
            orders = orders.filter(establishment=self.caller.establishment_id)
        order = orders.select_related("player", "establishment", "product", "delivery").first()
        if order is None:
            raise self.endpoint.unknown()
        return order

    def check_own(self, player_id: UUID | None) -> None:
        """A token or an iframe key reaches its own player, whatever its scopes."""
        if self.caller.player and self.caller.player.uuid != player_id:
            raise Forbidden

    def _parse_path(self, kwargs: Mapping[str, str]) -> dict[str, UUID]:
        ids = {name: as_uuid(text) for name, text in kwargs.items()}
        if wrong := [name for name, found in ids.items() if found is None]:
            if self.endpoint.by_field:
                raise FieldsWrong({name: ["Must be a valid UUID."] for name in wrong})
            raise self.endpoint.unknown()
        return cast(dict[str, UUID], ids)

    def _misshapen(self, errors: Mapping[str, Any]) -> Refusal:
        return FieldsWrong(errors) if self.endpoint.by_field else BadRequest(in_words(errors))
