"""What this door refuses, and how every refusal looks in the dialect of the player orders API.

One renderer for all: 403, 404, 409 and 503 as `HzApiErrorModel`, 422 as a list of what is wrong and
where. A fault of ours is a 500 of the same shape that names the request, never a trace.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from config.errors import Conflict, Invalid, NotFound, Refusal
from config.idempotency import IdempotencyKeyInvalid, IdempotencyKeyReused
from inventory.api.answers import Answer
from inventory.errors import OddsBusy, OrderIdTaken, VendorNotSampled

logger = structlog.get_logger(__name__)

# An answer about thousands of mistakes would help nobody.
MAX_ERRORS_SHOWN = 100


class Misshapen(Invalid):
    """What was sent is not of the documented shape; `errors` says where and why, like pydantic."""

    code = "misshapen"

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("The request is not of the documented shape.")
        self.errors = errors[:MAX_ERRORS_SHOWN]

    @classmethod
    def at(cls, *loc: str | int, kind: str, message: str) -> "Misshapen":
        return cls([{"loc": loc, "msg": message, "type": kind}])

    @classmethod
    def found(cls, error: ValidationError, *loc: str | int) -> "Misshapen":
        """What pydantic found in the part of the request that is at `loc`."""
        return cls(
            [
                {"loc": (*loc, *one["loc"]), "msg": one["msg"], "type": one["type"]}
                for one in error.errors(
                    include_url=False, include_context=False, include_input=False
                )
            ]
        )


class Forbidden(Refusal):
    """The caller is not known (`auth_success` is false), or may not do this."""

    def __init__(self, code: str, message: str, *, auth_success: bool) -> None:
        super().__init__(message)
        self.code = code
        self.auth_success = auth_success


class InsufficientPermissions(Forbidden):
    code = "insufficient_permissions"

    def __init__(self, why: str = "") -> None:
        message = "Insufficient Permissions" + (f" - {why}" if why else "")
        super().__init__(self.code, message, auth_success=True)


class MethodNotOffered(Refusal):
    """The endpoint does not know this method."""

    code = "method_not_allowed"


class OrderNotFound(NotFound):
    """The player has no recent order with this id."""

    code = "order_not_found"


class SessionNotFound(NotFound):
    """The player has no open session."""

    code = "session_not_found"


class BundleNotOffered(NotFound):
    """The loot is no dynamic bundle, or dynamic bundles are switched off."""

    code = "dynamic_bundle_not_found"


class CatalogueEntryNotFound(NotFound):
    """The catalogue has nothing of this kind with this id."""

    code = "catalog_entry_not_found"


class PathNotFound(NotFound):
    """No endpoint has this path."""

    code = "not_found"


def request_id() -> str:
    """The id under which the log knows this request."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


# Where in the request stands what a service called invalid.
PLACES: dict[type[Invalid], tuple[str, ...]] = {
    OrderIdTaken: ("body", "order_id"),
    IdempotencyKeyInvalid: ("header", "Idempotency-Key"),
    IdempotencyKeyReused: ("header", "Idempotency-Key"),
    VendorNotSampled: ("path", "vendor_id"),
}


STATUSES = (
    (Forbidden, 403),
    (NotFound, 404),
    (MethodNotOffered, 405),
    (Conflict, 409),
    (OddsBusy, 503),
)


def answer_to(error: Exception, _context: Mapping[str, Any]) -> Answer:
    """Answer whatever a view raised. DRF calls it as its exception handler."""
    if isinstance(error, Misshapen):
        return _unprocessable(error.errors)
    if isinstance(error, Invalid) and (place := PLACES.get(type(error))):
        return _unprocessable([{"loc": place, "msg": error.message, "type": error.code}])
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return _refusal(status, error)
    logger.error("player_orders_api_failed", exc_info=error)
    return Answer(
        {
            "auth_success": True,
            "error_code": "internal_error",
            "desc": f"The request failed. The log knows it as request {request_id()}.",
        },
        status=500,
    )


def _unprocessable(errors: list[dict[str, Any]]) -> Answer:
    return Answer({"detail": errors}, status=422)


def _refusal(status: int, refusal: Refusal) -> Answer:
    return Answer(
        {
            "auth_success": getattr(refusal, "auth_success", True),
            "error_code": refusal.code,
            "desc": refusal.message,
        },
        status=status,
        headers={"Retry-After": "1"} if isinstance(refusal, Conflict | OddsBusy) else None,
    )
