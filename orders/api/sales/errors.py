"""How every refusal looks in the dialect of the sales API (DOMAIN 3.10).

`{"success": false, "code": 404, "error": {"type", "message", "details"}, "meta": {…}}`; what is
answered well is bare, as its document shows it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import structlog
from django.utils import timezone

from config.errors import Invalid, NotFound, Refusal
from config.idempotency import CallStillRunning, IdempotencyKeyReused
from inventory.api.answers import Answer
from inventory.errors import OrdersWaiting
from orders.api.fields import wire_amount
from orders.api.refusals import Forbidden, MethodNotOffered, PathNotFound, Unauthorized
from orders.api.sales.fields import wire_second
from orders.errors import (
    AmountInvalid,
    AmountWrong,
    ExportNotFound,
    ExportNotReady,
    ExportStatusUnknown,
    ExportsWaiting,
    FilterInvalid,
    FilterTooSlow,
    InventoryShort,
    ItemNotFound,
    LootNotTaken,
    OperationIdTaken,
    OrderMoved,
    OrderNotFound,
    PaymentInFlight,
    PaymentRefused,
    RefundTooHigh,
    WrongState,
)
from players.errors import PlayerBusy

logger = structlog.get_logger(__name__)


class CardNumberSent(Invalid):
    """The body has what looks like the number or the code of a card. It is kept nowhere."""

    code = "card_number_sent"

    def __init__(self) -> None:
        super().__init__("Card data are not accepted here: send a token of the payment gateway")


class StatusUnknown(Invalid):
    """No order has such a status."""

    code = "status_unknown"


class OfferNotFound(NotFound):
    """No offer has this id, or not for this caller."""

    code = "offer_not_found"


INVALID_REQUEST = (400, "INVALID_REQUEST")
# Soon it is free, or known: these answers say when to ask again.
BUSY = (CallStillRunning, PlayerBusy, OrdersWaiting, LootNotTaken, PaymentInFlight, ExportsWaiting)
AMOUNTS = (AmountInvalid, AmountWrong, RefundTooHigh)
CLASHES = (IdempotencyKeyReused, OperationIdTaken, OrderMoved)
# The first that fits; what fits none is an INVALID_REQUEST.
KINDS: tuple[tuple[type[Refusal] | tuple[type[Refusal], ...], int, str], ...] = (
    (Unauthorized, 401, "UNAUTHORIZED"),
    (PaymentRefused, 402, "PAYMENT_FAILED"),
    (Forbidden, 403, "FORBIDDEN"),
    (OrderNotFound, 404, "ORDER_NOT_FOUND"),
    (ItemNotFound, 404, "ITEM_NOT_FOUND"),
    ((PathNotFound, OfferNotFound, ExportNotFound), 404, "NOT_FOUND"),
    (MethodNotOffered, 405, "METHOD_NOT_ALLOWED"),
    (ExportNotReady, 409, "EXPORT_NOT_READY"),
    ((*BUSY, *CLASHES), 409, "CONFLICT"),
    (InventoryShort, 400, "INSUFFICIENT_INVENTORY"),
    (AMOUNTS, 400, "INVALID_AMOUNT"),
    ((FilterInvalid, FilterTooSlow), 400, "INVALID_FILTER"),
    ((WrongState, StatusUnknown, ExportStatusUnknown), 400, "INVALID_STATUS"),
)


def told_as(refusal: Refusal) -> tuple[int, str]:
    """The status and the `type` of a refusal; a row of a bulk answer has the `type` too."""
    return next(
        ((status, word) for kind, status, word in KINDS if isinstance(refusal, kind)),
        INVALID_REQUEST,
    )


def answer_to(error: Exception, context: Mapping[str, Any]) -> Answer:
    """Answer whatever a view raised. DRF calls it as its exception handler."""
    if isinstance(error, Refusal):
        status, word = told_as(error)
        return _envelope(
            status, word, error.message, error.details, headers=_headers(error, context)
        )
    logger.error("sales_api_failed", exc_info=error)
    return _envelope(500, "INTERNAL_ERROR", "A fault of ours; the request is in our log", {})


def _envelope(
    status: int,
    word: str,
    message: str,
    details: Mapping[str, object],
    headers: dict[str, str] | None = None,
) -> Answer:
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return Answer(
        {
            "success": False,
            "code": status,
            "error": {"type": word, "message": message, "details": _written(details)},
            "meta": {"timestamp": wire_second(timezone.now()), "requestId": str(request_id)},
        },
        status=status,
        headers=headers,
    )


def _written(details: Mapping[str, object]) -> dict[str, object]:
    return {
        name: wire_amount(said) if isinstance(said, Decimal) else said
        for name, said in details.items()
    }


def _headers(refusal: Refusal, context: Mapping[str, Any]) -> dict[str, str]:
    if isinstance(refusal, Unauthorized):
        return {"WWW-Authenticate": 'Bearer realm="sales", Basic realm="sales", charset="UTF-8"'}
    if isinstance(refusal, MethodNotOffered):
        return {"Allow": ", ".join(context["view"].allowed)}
    if isinstance(refusal, (*BUSY, ExportNotReady)):
        return {"Retry-After": "1"}
    return {}
