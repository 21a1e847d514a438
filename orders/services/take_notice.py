from orders.models import Payment
from orders.services.ask_gateway import charge_of, gateway_for, refund_of
from orders.services.record_outcome import record_outcome
from orders.services.settle_payments import settle_payment


def take_notice(gateway_id: str, key: str) -> Payment | None:
    """A gateway says that something became of what it knows by this key: ask it what.

    Nothing is believed of the notice but that. What was taken for over is asked for too: a charge
    that was given up and paid all the same, a refund that came back. That may raise GatewaySilent,
    GatewayMisconfigured or PlayerBusy, and then the notice is to be sent again. None: it is no
    payment of ours.
    """
    # A refund that is tried again has its number after the code.
    code = "_".join(key.split("_")[:2])
    payment = Payment.objects.filter(code=code, gateway=gateway_id).select_related("order").first()
    if payment is None or payment.is_in_flight:
        return payment and settle_payment(payment.pk)
    gateway = gateway_for(payment)
    if payment.kind == Payment.Kind.REFUND:
        return record_outcome(payment, gateway.look_up_refund(refund_of(payment)))
    if payment.status == Payment.Status.COMPLETED:
        return payment
    return record_outcome(payment, gateway.look_up(charge_of(payment)))
