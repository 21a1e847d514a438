"""The APIs of orders in OpenAPI: what is the same in each, as every view has one endpoint."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import ListSerializer

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters. The same call under the same key is done "
    "once, and answered alike for a day.",
)


class EndpointSchema(AutoSchema):
    @property
    def endpoint(self) -> Any:
        view: Any = self.view
        return view.endpoint

    def get_summary(self) -> str:
        return str(self.endpoint.title)

    def get_tags(self) -> list[str]:
        return [self.endpoint.tag]

    def _is_list_view(self, _serializer: Any = None) -> bool:
        return isinstance(self.endpoint.answer, ListSerializer)

    def get_request_serializer(self) -> Any:
        return self.endpoint.request

    def get_override_parameters(self) -> list[Any]:
        changes = self.endpoint.changes
        return [*self.ids(), *([IDEMPOTENCY_KEY] if changes else self.endpoint.parameters)]

    def ids(self) -> list[OpenApiParameter]:
        """What is named in the path."""
        raise NotImplementedError
