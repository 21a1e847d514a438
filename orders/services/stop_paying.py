from orders.errors import PaymentInFlight, WrongState
from orders.models import Order, Payment
from orders.services.give_up_payment import give_up_payment
from orders.services.open_charge import IN_FLIGHT

SET_ASIDE = "The money is set aside already: capture it, or void it, before the order is changed."


def ask_not_being_paid(order: Order) -> None:
    """Refused while a charge could still take what the order costs as it is.

    With PaymentInFlight where what becomes of it is not known, with WrongState where the money is
    set aside. The answer holds as long as the caller holds the order's lock.
    """
    charge = order.payments.open_charge().first()
    if charge is None:
        return
    if charge.status == Payment.Status.AUTHORIZED:
        raise WrongState(SET_ASIDE)
    raise PaymentInFlight(IN_FLIGHT)


def give_up_pending(order: Order, *, by: str) -> None:
    """As `give_up_payment`, but money that is set aside is left: somebody has to choose that."""
    charge = order.payments.open_charge().first()
    if charge is not None and charge.status == Payment.Status.PENDING:
        give_up_payment(order, by=by)
