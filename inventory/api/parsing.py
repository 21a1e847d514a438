"""From the bytes of a request to validated models. Whatever is wrong is a 422 that says where."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from pydantic import BaseModel, TypeAdapter, ValidationError
from rest_framework.request import Request

from inventory.api.errors import Misshapen
from inventory.api.schemas.orders import SimulateField
from inventory.api.schemas.values import Int, OrderId, ShortText

Model = TypeVar("Model", bound=BaseModel)
PATH: dict[str, TypeAdapter[Any]] = {
    "player_id": TypeAdapter(Int),
    "player_uuid": TypeAdapter(UUID),
    "order_id": TypeAdapter(OrderId),
    "inventory_id": TypeAdapter(UUID),
    **dict.fromkeys(
        ("item_id", "vendor_id", "loot_id", "time_frame_id", "xp_table_id"), TypeAdapter(Int)
    ),
    **dict.fromkeys(("price_point_id", "rule_set_id"), TypeAdapter(ShortText)),
}


def parse_path(kwargs: Mapping[str, str]) -> dict[str, Any]:
    path = {}
    for name, value in kwargs.items():
        try:
            path[name] = PATH[name].validate_python(value)
        except ValidationError as error:
            raise Misshapen.found(error, "path", name) from error
    return path


def parse_query(request: Request, model: type[Model], *, repeatable: str = "") -> Model:
    """Of a parameter that is sent twice the last counts, except for the one that is repeatable."""
    try:
        query = request.query_params
    except TooManyFieldsSent as error:
        raise Misshapen.at("query", kind="too_long", message="Too many parameters") from error
    values: dict[str, Any] = query.dict()
    if repeatable in query:
        values[repeatable] = query.getlist(repeatable)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Misshapen.found(error, "query") from error


def asks_for_simulation(request: Request) -> bool:
    """Whether nothing is to be done. To say both yes and no is refused."""
    simulate = parse_query(request, SimulateField).simulate
    if len(request.query_params.getlist("simulate")) > 1:
        raise Misshapen.at(
            "query", "simulate", kind="sent_twice", message="Should be sent only once"
        )
    return simulate


def refuse_simulation(request: Request) -> None:
    """A call that cannot be simulated is refused if that is asked for, rather than done."""
    if asks_for_simulation(request):
        raise Misshapen.at(
            "query",
            "simulate",
            kind="simulation_not_offered",
            message="This call cannot be simulated",
        )


def parse_body(request: Request, model: type[Model], *, optional: bool = False) -> Model:
    """An optional body that is not sent is an empty object."""
    try:
        # As FastAPI does: lax (the string "5" is an integer), with its words for what is no object.
        return model.model_validate(_json(request, optional=optional), from_attributes=True)
    except ValidationError as error:
        raise Misshapen.found(error, "body") from error


def _json(request: Request, *, optional: bool) -> Any:
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise Misshapen.at(
            "body",
            kind="bytes_too_long",
            message=f"Data should have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes",
        ) from error
    if not body and optional:
        return {}
    if not body:
        raise Misshapen.at("body", kind="missing", message="Field required")
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Misshapen.at(
            "body", kind="content_type", message="Content-Type should be application/json"
        )
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Misshapen.at(
            "body", error.pos, kind="json_invalid", message=f"Invalid JSON: {error.msg}"
        ) from error
