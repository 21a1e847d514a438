"""What the views of both APIs share: who calls, what they may, and calls that are repeated."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from config.idempotency import IdempotentRequest
from orders.api.authentication import Caller, KeyOrToken
from orders.api.refusals import Forbidden


def allows(caller: Caller, scope: str) -> bool:
    """Whether one of the caller's scopes is this one, or all of its kind.

    A replay tells what `orders:read` shows anyway: `orders:*` is enough for it.
    """
    kind = "orders" if scope == "webhooks:replay" else scope.partition(":")[0]
    return not caller.scopes.isdisjoint({scope, f"{kind}:*"})


class Door(ViewSet):
    """A view of one of the APIs of orders; it sets `caller` before it asks for more."""

    authentication_classes = [KeyOrToken]
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    caller: Caller

    @property
    def allowed(self) -> list[str]:
        """The methods of this path."""
        return sorted(method.upper() for method in self.action_map)

    def check_scope(self, scope: str) -> None:
        if not allows(self.caller, scope):
            raise Forbidden

    def once(self, request: Request, call: Callable[[UUID | None], HttpResponse]) -> HttpResponse:
        """Answer a repetition with the first answer, if the caller gave the request a key.

        `call` is given the id of what it does: the same whenever the request is repeated.
        """
        keyed = IdempotentRequest.of(request, caller=self.caller.name)
        if keyed is None:
            return call(None)
        return keyed.answer(lambda: call(UUID(keyed.derived_id(), version=4)))
