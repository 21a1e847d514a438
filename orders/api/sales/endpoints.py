"""The endpoints of the sales API: who may call each, what it takes, and what it answers."""

from dataclasses import dataclass
from typing import Any

from rest_framework.serializers import Serializer

from orders.api.authentication import Kind
from orders.api.sales.serializers import requests, sales

KEYS = frozenset({Kind.KEY})


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`scope`: none where anybody may call.

    `answer` is a serializer, or a type of OpenAPI where it answers no JSON; `status` that of a
    success, `refusals` those that it documents besides 400, 401, 403, 409 (where it changes
    something) and 500.
    """

    title: str
    scope: str | None
    callers: frozenset[Kind] = KEYS
    request: type[Serializer[Any]] | None = None
    answer: Any
    status: int = 200
    refusals: tuple[int, ...] = ()
    changes: bool = True
    parameters: tuple[type[Serializer[Any]], ...] = ()
    tag: str = "Sales"


CREATE = Endpoint(
    title="Create an order and its payment page",
    scope="orders:create",
    request=requests.CreateRequest,
    answer=sales.CreatedSerializer,
    status=201,
)
GET = Endpoint(
    title="Get one order with its items",
    scope="orders:read",
    answer=sales.SaleSerializer,
    refusals=(404,),
    changes=False,
)
