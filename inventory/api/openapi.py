"""The player orders API in OpenAPI: what each operation takes and every status it may answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from pydantic import BaseModel

from inventory.api import schemas
from inventory.api.parsing import PATH

API_KEY, TOKEN, COOKIE = "ApiKey", "PlayerToken", "PlayerTokenCookie"

PATH_PARAMETERS = {
    name: OpenApiParameter(name, adapter.json_schema(), OpenApiParameter.PATH, required=True)
    for name, adapter in PATH.items()
}
PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`respond-async` (RFC 7240): accept the order now, answer 202, fulfil it later.",
    examples=[OpenApiExample("Answer at once", "respond-async")],
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\x20-\x7e]+$"},
    OpenApiParameter.HEADER,
    description="A text of the caller's choice that makes the call repeatable: the same key and "
    "body are answered with the first answer again, and nothing is done twice.",
)
ACCEPTED_HEADERS = tuple(
    OpenApiParameter(name, str, OpenApiParameter.HEADER, response=[202], description=description)
    for name, description in {
        "Location": "Where to poll the order.",
        "Retry-After": "Seconds to wait before polling.",
        "Preference-Applied": "`respond-async`, if that was asked for.",
    }.items()
)
DESCRIPTIONS = {
    200: "Successful Response",
    202: "Accepted",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict: the first call with this Idempotency-Key is still running.",
    422: "Validation Error",
    500: "Internal Server Error: `desc` names the request in the log.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """`refusals` are the statuses beside 403, 422 and 500, which every operation may answer."""

    title: str
    answers: Mapping[int, type[BaseModel]]
    refusals: tuple[int, ...] = ()
    request: type[BaseModel] | None = None
    parameters: tuple[OpenApiParameter | type[BaseModel], ...] = ()

    def responses(self) -> dict[int, OpenApiResponse]:
        bodies = {
            **self.answers,
            **dict.fromkeys((403, *self.refusals, 500), schemas.HzApiErrorModel),
            422: schemas.HTTPValidationError,
        }
        return {
            status: OpenApiResponse(bodies[status], DESCRIPTIONS[status])
            for status in sorted(bodies)
        }


CREATE_ORDER = Operation(
    "Create New Player Order",
    request=schemas.PlayerOrderCreate,
    parameters=(PREFER, IDEMPOTENCY_KEY, *ACCEPTED_HEADERS),
    answers={200: schemas.PlayerOrder, 202: schemas.PlayerOrderCreate},
    refusals=(409,),
)
LIST_ORDERS = Operation(
    "Get Player Orders",
    parameters=(schemas.PageFields,),
    answers={200: schemas.PlayerOrders},
    refusals=(404,),
)
GET_ORDER = Operation("Get Player Order", answers={200: schemas.PlayerOrder}, refusals=(404,))
GET_INVENTORY = Operation(
    "Get Player Inventory",
    parameters=(schemas.InventoryFilter,),
    answers={200: schemas.PlayerInventory},
    refusals=(404,),
)
CREATE_ORDERS = Operation(
    "Create New Player Orders For Many Players",
    request=schemas.PlayerOrdersCreate,
    parameters=(IDEMPOTENCY_KEY,),
    answers={200: schemas.PlayerOrdersCreated},
    refusals=(409,),
)


class PlayerOrdersSchema(AutoSchema):
    """Reads the view's `operations`; what differs between v1, v2 and `me` it sees from the path."""

    @property
    def operation(self) -> Operation:
        view: Any = self.view
        operation: Operation = view.operations[view.action]
        return operation

    def get_operation_id(self) -> str:
        words = self.path.translate(str.maketrans("/", "_", "{}")).removeprefix("_inventory_")
        return f"{self.method.lower()}_{words}"

    def get_summary(self) -> str:
        return self.operation.title + (" Self" if "/me/" in self.path else "")

    def get_tags(self) -> list[str]:
        return ["Player Orders"]

    def is_deprecated(self) -> bool:
        return self.path.startswith("/inventory/v1/player/")

    def _is_list_view(self, _serializer: Any = None) -> bool:
        # Even a list is one object here: `data` and `page`.
        return False

    def get_request_serializer(self) -> Any:
        return self.operation.request

    def get_response_serializers(self) -> Any:
        return self.operation.responses()

    def get_override_parameters(self) -> list[Any]:
        return [
            *(param for name, param in PATH_PARAMETERS.items() if f"{{{name}}}" in self.path),
            *self.operation.parameters,
        ]


class PlayerTokenOrApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "inventory.api.authentication.PlayerTokenOrApiKey"
    name = [TOKEN, COOKIE, API_KEY]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """On `me` only a player's token means anything; many players only a key may reach."""
        if "/me/" in auto_schema.path:
            return [{TOKEN: []}, {COOKIE: []}]
        if "/player/" not in auto_schema.path:
            return [{API_KEY: []}]
        return [{TOKEN: []}, {COOKIE: []}, {API_KEY: []}]

    def get_security_definition(self, _auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A player's token. It reaches that player only.",
            },
            {
                "type": "apiKey",
                "in": "cookie",
                "name": settings.PLAYER_TOKEN_COOKIE,
                "description": "A player's token. Not accepted with a POST from another site.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The API key of a server, `tpp_…`. The player is named in the path.",
            },
        ]
