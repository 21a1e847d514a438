"""The rewards API in OpenAPI: every view is described by its endpoints."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from orders.api.authentication import Kind
from orders.api.openapi import EndpointSchema
from orders.api.rewards.errors import TransactionNotFound
from orders.api.rewards.serializers.answers import Failure, Message

KEY_BASIC, KEY, TOKEN = "RewardsKeyBasic", "RewardsKey", "RewardsPlayerToken"
FIELD_ERRORS = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "string"}},
}


class RewardsSchema(EndpointSchema):
    def get_operation_id(self) -> str:
        words = self.path.translate(str.maketrans("/", "_", "{}")).removeprefix("_")
        return f"{self.method.lower()}_{words}"

    def get_response_serializers(self) -> Any:
        endpoint = self.endpoint
        answers: dict[int, OpenApiResponse] = {
            200: OpenApiResponse(endpoint.answer, "OK"),
            400: OpenApiResponse(Message, "What was sent cannot be done; `message` says why."),
            401: OpenApiResponse(Message, "No key or token, or one that opens nothing."),
            403: OpenApiResponse(Message, "The caller may not do this, or not here."),
        }
        if endpoint.unknown is TransactionNotFound:
            answers[404] = OpenApiResponse(Message, "Transaction not found.")
        if endpoint.changes:
            answers[409] = OpenApiResponse(
                Message, "Not now (retry after `Retry-After`), or the `Idempotency-Key` is in use."
            )
        if endpoint.by_field:
            answers[422] = OpenApiResponse(FIELD_ERRORS, "Fields are wrong: messages by field.")
        answers[500] = OpenApiResponse(Failure, "A fault of ours.")
        return answers

    def ids(self) -> list[OpenApiParameter]:
        return [
            OpenApiParameter(name, OpenApiTypes.UUID, OpenApiParameter.PATH, required=True)
            for name in ("playerId", "transactionId")
            if f"{{{name}}}" in self.path
        ]


class KeyOrTokenScheme(OpenApiAuthenticationExtension):
    target_class = "orders.api.authentication.KeyOrToken"
    name = [KEY_BASIC, KEY, TOKEN]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        view: Any = auto_schema.view
        keys: list[dict[str, list[Any]]] = [{KEY_BASIC: []}, {KEY: []}]
        return [*keys, {TOKEN: []}] if Kind.PLAYER in view.endpoint.callers else keys

    def get_security_definition(self, _auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [
            {
                "type": "http",
                "scheme": "basic",
                "description": "An API key, `tpp_…`, as the user name, with an empty password.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The same key as a bearer token.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A player's token. It reaches that player only.",
            },
        ]
