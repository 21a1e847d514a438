"""What this door refuses, and how every refusal looks in the dialect of the rewards API.

`{"message": …}`, but for what is wrong with single fields where a 422 is documented: that is a map
of the fields. A fault of ours is a 500 that names the request, never a trace.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from config.errors import Invalid, NotFound, Refusal
from config.idempotency import CallStillRunning, IdempotencyKeyReused
from inventory.api.answers import Answer
from inventory.errors import OrdersWaiting
from orders.api.refusals import Forbidden, MethodNotOffered, PathNotFound, Unauthorized
from orders.errors import (
    DeliveryIncomplete,
    LootNotTaken,
    OperationIdTaken,
    TransactionIdTaken,
    WrongState,
)
from players.errors import CoinOperationTaken, PlayerBusy

logger = structlog.get_logger(__name__)


class FieldsWrong(Invalid):
    """Fields of the path or the body are wrong; `fields` has the messages of each."""

    code = "fields_wrong"

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__("Fields are wrong")
        self.fields = fields


class WrongOperation(Invalid):
    """There is no such transaction, or nothing of the kind can be done with it now."""

    code = "wrong_operation"

    def __init__(self) -> None:
        super().__init__("Invalid operation or record status/type")


class TransactionNotFound(NotFound):
    """There is no such transaction, or not for this caller."""

    code = "transaction_not_found"

    def __init__(self) -> None:
        super().__init__("Transaction not found")


# What is not here is a 400: the API documents it for whatever cannot be done (DOMAIN 1.6).
BUSY = (CallStillRunning, PlayerBusy, OrdersWaiting, LootNotTaken)
STATUSES: tuple[tuple[type[Refusal] | tuple[type[Refusal], ...], int], ...] = (
    (Unauthorized, 401),
    (Forbidden, 403),
    ((TransactionNotFound, PathNotFound), 404),
    (MethodNotOffered, 405),
    (BUSY, 409),
    ((IdempotencyKeyReused, OperationIdTaken, TransactionIdTaken, CoinOperationTaken), 409),
)


def answer_to(error: Exception, context: Mapping[str, Any]) -> Answer:
    """Answer whatever a view raised. DRF calls it as its exception handler."""
    if isinstance(error, FieldsWrong):
        return Answer(error.fields, status=422)
    if isinstance(error, DeliveryIncomplete):
        names = context["view"].endpoint.field_names
        return Answer(
            {names.get(name, name): said for name, said in error.details.items()}, status=422
        )
    if isinstance(error, WrongState):
        error = WrongOperation()
    if isinstance(error, Refusal):
        status = next((status for kind, status in STATUSES if isinstance(error, kind)), 400)
        return Answer({"message": error.message}, status=status, headers=_headers(error, context))
    logger.error("rewards_api_failed", exc_info=error)
    return Answer(
        {
            "message": context["view"].endpoint.failure,
            "requestId": str(structlog.contextvars.get_contextvars().get("request_id", "")),
        },
        status=500,
    )


def _headers(refusal: Refusal, context: Mapping[str, Any]) -> dict[str, str]:
    if isinstance(refusal, Unauthorized):
        return {
            "WWW-Authenticate": 'Basic realm="rewards", charset="UTF-8", Bearer realm="rewards"'
        }
    if isinstance(refusal, MethodNotOffered):
        return {"Allow": ", ".join(context["view"].allowed)}
    if isinstance(refusal, BUSY):
        return {"Retry-After": "1"}
    return {}
