"""The sales API in OpenAPI: every view is described by its endpoints."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from orders.api.authentication import Kind
from orders.api.openapi import EndpointSchema
from orders.api.sales.serializers.answers import SalesRefusal

REFUSALS = {
    400: "What was sent cannot be done; `error` says why.",
    401: "No key, or one that opens nothing.",
    402: "`PAYMENT_FAILED`: the gateway refused the payment.",
    403: "The caller may not do this.",
    404: "There is no such thing, or not for this caller.",
    409: "`CONFLICT`: not now (retry after `Retry-After`), or the `Idempotency-Key` is in use.",
    500: "A fault of ours.",
}


class SalesSchema(EndpointSchema):
    def get_operation_id(self) -> str:
        words = self.path.translate(str.maketrans("/-", "__", "{}")).removeprefix("/api")
        return f"{self.method.lower()}{words}"

    def get_auth(self) -> list[dict[str, Any]]:
        ways = super().get_auth()
        return [{}, *ways] if Kind.ANYBODY in self.endpoint.callers else ways

    def get_response_serializers(self) -> Any:
        endpoint = self.endpoint
        refusals = {400, 401, 403, 500, *endpoint.refusals, *([409] if endpoint.changes else [])}
        return {
            **(
                {endpoint.status: OpenApiResponse(endpoint.answer, "OK")} if endpoint.answer else {}
            ),
            **{(200, media): OpenApiTypes.BINARY for media in endpoint.files},
            **{
                status: OpenApiResponse(SalesRefusal, REFUSALS[status])
                for status in sorted(refusals)
            },
        }

    def ids(self) -> list[OpenApiParameter]:
        return [OpenApiParameter("id", str, OpenApiParameter.PATH)] if "{id}" in self.path else []
