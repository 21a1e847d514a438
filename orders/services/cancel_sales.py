from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from config.errors import Refusal
from orders.errors import OrderNotFound
from orders.models import Order
from orders.services.cancel_sale import cancel_sale


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one of the orders; without a refusal it is cancelled."""

    code: str
    refusal: Refusal | None = None


def cancel_sales(
    codes: Sequence[str],
    *,
    reason: str,
    by: str,
    establishment_id: UUID | None,
    operation_id: UUID | None = None,
) -> list[Result]:
    """Cancel many sales, each for itself (DOMAIN 3.6): one that is refused keeps no other.

    A code that is named twice is done once. Without an establishment all orders can be named, else
    those of others are not found. What was done with an operation id is told again, and not done.
    """
    sales = Order.objects.sales().filter(code__in=codes)
    if establishment_id is not None:
        sales = sales.filter(establishment_id=establishment_id)
    found = {order.code: order for order in sales}
    return [
        _cancel(code, found.get(code), reason=reason, by=by, operation_id=operation_id)
        for code in dict.fromkeys(codes)
    ]


def _cancel(
    code: str, order: Order | None, *, reason: str, by: str, operation_id: UUID | None
) -> Result:
    if order is None:
        return Result(code=code, refusal=OrderNotFound(f"There is no order {code}"))
    own = uuid5(operation_id, code) if operation_id else None
    try:
        cancel_sale(order, note=reason, by=by, operation_id=own)
    except Refusal as refusal:
        return Result(code=code, refusal=refusal)
    return Result(code=code)
