from orders.errors import PaymentInFlight, WrongState
from orders.models import Order, Payment

AUTHORIZED = "The money is set aside already: capture it, or void it, before the order is changed."


def ask_not_being_paid(order: Order) -> None:
    """Refused while a charge could still take the old total of an order that is not paid.

    With PaymentInFlight where what becomes of it is not known, with WrongState where the money is
    set aside. It holds as long as the caller holds the order's lock.
    """
    charge = order.payments.live_charge().first()
    if charge is None or charge.status == Payment.Status.COMPLETED:
        return
    if charge.status == Payment.Status.AUTHORIZED:
        raise WrongState(AUTHORIZED)
    raise PaymentInFlight("A payment of the order is on its way. Try again in a moment.")
