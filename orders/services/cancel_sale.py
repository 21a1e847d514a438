from uuid import UUID

from orders.cancelling import Cancelling
from orders.models import Order
from orders.services.cancel_order import cancel_order
from orders.services.give_up_payment import Patience, give_up_payment
from orders.vocabulary import Reason


def cancel_sale(  # noqa: PLR0913 - by whom, why, and how long it may take
    order: Order,
    *,
    by: str,
    note: str = "",
    reason: Reason | None = None,
    operation_id: UUID | None = None,
    patience: Patience | None = None,
) -> Order:
    """Cancel a sale that is not completed, whole: stock is free again, what was paid goes back.

    A payment that is on its way is given up first; its gateway is asked while nothing is locked, so
    not in a transaction. Refused as `give_up_payment` and `cancel_order` are.
    """
    give_up_payment(order, by=by, patience=patience)
    how = Cancelling(note=note, reason=reason)
    return cancel_order(order, how=how, by=by, operation_id=operation_id)
