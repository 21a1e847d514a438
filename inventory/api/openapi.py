"""The player orders API in OpenAPI: what each operation takes and every status it may answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from pydantic import BaseModel

from inventory.api.parsing import PATH
from inventory.api.schemas.refusals import HTTPValidationError, HzApiErrorModel

API_KEY, TOKEN, COOKIE = "ApiKey", "PlayerToken", "PlayerTokenCookie"

PATH_PARAMETERS = {
    name: OpenApiParameter(name, adapter.json_schema(), OpenApiParameter.PATH, required=True)
    for name, adapter in PATH.items()
}
DESCRIPTIONS = {
    200: "Successful Response",
    202: "Accepted",
    304: "Content still has the same etag and has not changed",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict: not now. Retry after `Retry-After` seconds.",
    422: "Validation Error",
    500: "Internal Server Error: `desc` names the request in the log.",
    503: "Service Unavailable: too busy. Retry after `Retry-After` seconds.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """`refusals` are the statuses beside 403, 422 and 500, which every operation may answer."""

    title: str
    answers: Mapping[int, type[BaseModel] | None]
    refusals: tuple[int, ...] = ()
    request: type[BaseModel] | None = None
    parameters: tuple[OpenApiParameter | type[BaseModel], ...] = ()
    tag: str = "Player Orders"

    def responses(self) -> dict[int, OpenApiResponse]:
        bodies: dict[int, type[BaseModel] | None] = {
            **self.answers,
            **dict.fromkeys((403, *self.refusals, 500), HzApiErrorModel),
            422: HTTPValidationError,
        }
        return {
            status: OpenApiResponse(bodies[status], DESCRIPTIONS[status])
            for status in sorted(bodies)
        }


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
        return [self.operation.tag]

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
        if auto_schema.path.endswith("/v1/order"):
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
