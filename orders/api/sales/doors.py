"""What all views of the sales API share: the order of the questions, and what a caller reaches.

Who calls (401), whether they may (403), what they say (400), what it names (404), and last what
the service says (DOMAIN 3.10).
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar, cast
from uuid import UUID

from django.core.exceptions import TooManyFieldsSent
from django.db.models import Prefetch
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from catalog.models.products import CODE_ALPHABET
from orders.api.authentication import Caller, Kind
from orders.api.doors import Door
from orders.api.parsing import in_words, json_object, place_of
from orders.api.refusals import BadRequest, Forbidden, MethodNotOffered
from orders.api.sales.cards import has_card, is_number
from orders.api.sales.endpoints import Endpoint
from orders.api.sales.errors import CardNumberSent, answer_to
from orders.api.sales.openapi import SalesSchema
from orders.errors import OrderNotFound
from orders.models import Order, OrderLine
from orders.odata.lexer import shown

LINES = Prefetch("lines", OrderLine.objects.order_by("position"))
ANYBODY = Caller(kind=Kind.ANYBODY, name="anybody", scopes=frozenset())


class SalesApi(Door):
    """A door of the sales API. An action without an endpoint is a fault (KeyError)."""

    schema = SalesSchema()
    endpoints: ClassVar[Mapping[str, Endpoint]]

    @property
    def endpoint(self) -> Endpoint:
        return self.endpoints[self.action]

    def initial(self, request: Request, *_args: Any, **_kwargs: str) -> None:
        if self.action not in self.action_map.values():
            raise MethodNotOffered(f'Method "{request.method}" not allowed')
        is_anybody = (
            Kind.ANYBODY in self.endpoint.callers and "Authorization" not in request.headers
        )
        self.caller = ANYBODY if is_anybody else cast(Caller, request.user)
        if self.caller.kind not in self.endpoint.callers:
            raise Forbidden
        if self.endpoint.scope:
            self.check_scope(self.endpoint.scope)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponse]:
        return answer_to

    def parse(self, request: Request) -> dict[str, Any]:
        """The body as the endpoint takes it. One with a card is refused before it is looked at."""
        data = json_object(request)
        key = request.headers.get("Idempotency-Key", "")
        if has_card(data, free=self.endpoint.free) or is_number(key):
            raise CardNumberSent
        return _valid(cast(type[Serializer[Any]], self.endpoint.request), data)

    def parse_query(
        self,
        request: Request,
        taker: type[Serializer[Any]],
        *,
        also: AbstractSet[str] = frozenset(),
    ) -> dict[str, Any]:
        """What is asked for: of these parameters, or `also` of others, each once.

        An unknown one is refused: misspelt, it would ask for more than was meant.
        """
        try:
            asked = dict(request.query_params.lists())
        except TooManyFieldsSent as error:
            raise BadRequest("Too many parameters") from error
        if unknown := asked.keys() - taker().fields.keys() - also:
            raise BadRequest(f"There is no parameter {shown(min(unknown))}")
        for name, values in asked.items():
            if len(values) > 1:
                raise BadRequest(f"{name} was sent more than once")
        return _valid(taker, {name: values[0] for name, values in asked.items()})

    def find_order(self, code: str) -> Order:
        """The sale of this id, with its player and lines, as far as the caller reaches."""
        orders = Order.objects.sales().filter(code=without_nul(code))
        if self.caller.establishment_id:
            orders = orders.filter(establishment=self.caller.establishment_id)
        order = orders.select_related("player").prefetch_related(LINES).first()
        if order is None:
            raise OrderNotFound("Order does not exist")
        return order


def derived_code(prefix: str, call_id: UUID | None) -> str | None:
    """The id of what a call under an `Idempotency-Key` makes: of its 128 bits, 26 characters."""
    if call_id is None:
        return None
    places = range(125, -1, -5)
    return prefix + "".join(CODE_ALPHABET[call_id.int >> place & 31] for place in places)


def without_nul(text: str) -> str:
    """What stands in a path may be anything; PostgreSQL has no NUL in its texts."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _valid(taker: type[Serializer[Any]], data: dict[str, Any]) -> dict[str, Any]:
    said = taker(data=data)
    if not said.is_valid():
        raise BadRequest(in_words(said.errors), **by_place(said.errors))
    return cast(dict[str, Any], said.validated_data)


def by_place(errors: Any, at: str = "") -> dict[str, Any]:
    """What a serializer found, by where: `{"items.0.price": ["A valid number is required."]}`."""
    if isinstance(errors, list) and not any(isinstance(said, dict) for said in errors):
        return {at: errors}
    nested = errors if isinstance(errors, dict) else dict(enumerate(errors))
    return {
        place: said
        for name, inner in nested.items()
        for place, said in by_place(inner, place_of(name, at)).items()
    }
