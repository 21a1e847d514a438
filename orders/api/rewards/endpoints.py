"""The endpoints of the rewards API: who may call each, what it takes, and all that it may answer.

The words of failures are those of the API's document.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rest_framework.serializers import BaseSerializer, Serializer

from config.errors import Refusal
from orders.api.authentication import Kind
from orders.api.refusals import BadRequest
from orders.api.rewards.errors import TransactionNotFound, WrongOperation
from orders.api.rewards.serializers import answers, orders, requests, webhooks

KEYS = frozenset({Kind.KEY})
PLAYERS = KEYS | {Kind.PLAYER}
ALL = PLAYERS | {Kind.IFRAME}


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`unknown` refuses ids that name nothing, or nothing for the caller.

    `by_field`: what is wrong with single fields, also of the path, is a 422; else it is a 400.
    """

    title: str
    scope: str
    callers: frozenset[Kind] = KEYS
    request: type[Serializer[Any]] | None = None
    answer: type[BaseSerializer[Any]] | BaseSerializer[Any]
    unknown: Callable[[], Refusal] = WrongOperation
    by_field: bool = False
    changes: bool = True
    failure: str
    parameters: tuple[type[Serializer[Any]], ...] = ()
    tag: str = "Rewards"

    @cached_property
    def field_names(self) -> Mapping[str, str]:
        """The names of the body's fields, by those of what is stored."""
        fields = self.request().fields if self.request else {}
        return {requests.STORED_AS.get(name, name): name for name in fields}


RESERVE = Endpoint(
    title="Reserve a product",
    scope="orders:create",
    callers=ALL,
    request=requests.ReservationRequest,
    answer=orders.ReservationSerializer,
    unknown=lambda: BadRequest("Player not found"),
    failure="Failed to reserve product.",
)
CANCEL_RESERVATION = Endpoint(
    title="Cancel a reservation",
    scope="orders:cancel",
    answer=orders.OperationSerializer,
    failure="Server error while cancelling reservation.",
)
UPDATE_DETAILS = Endpoint(
    title="Update the delivery details",
    scope="orders:fulfil",
    callers=ALL,
    request=requests.DetailsRequest,
    answer=answers.DetailsUpdated,
    unknown=TransactionNotFound,
    by_field=True,
    failure="Internal server error",
)
SEND = Endpoint(
    title="Capture the delivery details",
    scope="orders:fulfil",
    callers=ALL,
    request=requests.SendRequest,
    answer=orders.SentSerializer,
    unknown=TransactionNotFound,
    by_field=True,
    failure="Failed to update product stock",
)
TRACK = Endpoint(
    title="Register a tracking number",
    scope="orders:fulfil",
    request=requests.TrackRequest,
    answer=answers.Message,
    failure="Failed to register tracking number.",
)
ACQUIRE = Endpoint(
    title="Complete the acquisition",
    scope="orders:fulfil",
    answer=orders.OperationSerializer,
    failure="Server error during acquisition.",
)
CANCEL_ACQUISITION = Endpoint(
    title="Cancel an acquisition",
    scope="orders:cancel",
    request=requests.CancellationRequest,
    answer=orders.OperationSerializer,
    failure="Server error during cancellation.",
)
LIST_ORDERS = Endpoint(
    title="List the orders of the establishment",
    scope="orders:read",
    request=requests.ListRequest,
    answer=answers.OrderPage,
    changes=False,
    failure="Server error while retrieving orders.",
)
LIST_PLAYER_ORDERS = Endpoint(
    title="List the orders of a player",
    scope="orders:read",
    callers=PLAYERS,
    answer=orders.OrderSerializer(many=True),
    unknown=lambda: BadRequest("Invalid player ID"),
    changes=False,
    parameters=(requests.PageQuery,),
    failure="Server error while fetching orders.",
)
GET_PLAYER_ORDER = Endpoint(
    title="Get one order of a player",
    scope="orders:read",
    callers=PLAYERS,
    answer=orders.OrderWithHistorySerializer,
    unknown=TransactionNotFound,
    changes=False,
    failure="Failed to retrieve transaction.",
)
CHANGE_COINS = Endpoint(
    title="Change a coin balance",
    scope="coins:change",
    request=requests.CoinsRequest,
    answer=answers.Message,
    unknown=lambda: BadRequest("Establishment or player not found"),
    failure="Failed to change the coin balance.",
)
REPLAY_WEBHOOKS = Endpoint(
    title="Send webhooks that were missed",
    scope="webhooks:replay",
    request=webhooks.ReplayRequest,
    answer=webhooks.Replayed,
    failure="Failed to replay webhooks.",
    tag="Webhooks",
)
