"""Logs: structured, on standard error, each line under the id of the request it serves.

A task carries the id of the request that published it, so the lines of a worker have it too.
"""

from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog import middlewares

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
# Their queries have tokens in them, and what staff search by: names and mail addresses.
SILENT = ("/delivery", "/pay", "/exports", "/admin/")
ROUTINE = frozenset({"task_enqueued", "task_started", "task_succeeded"})


class RequestMiddleware(middlewares.RequestMiddleware):
    """Give each request an id, log it, and answer with the id as X-Request-ID."""

    def __call__(self, request: HttpRequest) -> Any:
        """Leave out the probes: they come every few seconds, and log it when they fail."""
        return self.get_response(request) if request.path in PROBES else super().__call__(request)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        response["X-Request-ID"] = structlog.contextvars.get_contextvars()["request_id"]
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        said = request.path if request.path.startswith(SILENT) else request.get_full_path()
        return f"{request.method} {said}"


def without_the_clocks_routine(
    _logger: object, _level: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Drop the lines of a task that nobody's request published: the clock knocks all day."""
    if event["event"] in ROUTINE and "request_id" not in event:
        raise structlog.DropEvent
    return event
