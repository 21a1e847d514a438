from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from config.errors import Refusal
from orders.errors import OrderNotFound
from orders.models import Order
from orders.services.cancel_sale import cancel_sale
from orders.services.give_up_payment import Patience


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

    Gateways are asked to give up payments for a few seconds at most, and one that was silent is
    not asked again: the others that have a payment in flight there are refused with
    PaymentInFlight, and given up by a job, so that they can be cancelled later.
    """
    sales = Order.objects.sales().filter(code__in=codes)
    if establishment_id is not None:
        sales = sales.filter(establishment_id=establishment_id)
    found = {order.code: order for order in sales}
    patience = Patience()
    results = []
    for code in dict.fromkeys(codes):
        own = uuid5(operation_id, code) if operation_id else None
        try:
            if code not in found:
                raise OrderNotFound(f"There is no order {code}")
            cancel_sale(found[code], note=reason, by=by, operation_id=own, patience=patience)
        except Refusal as refusal:
            results.append(Result(code=code, refusal=refusal))
        else:
            results.append(Result(code=code))
    return results
