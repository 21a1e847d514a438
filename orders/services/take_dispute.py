from typing import cast

import structlog
from django.db import transaction

from orders.gateways.port import HearsOfDisputes
from orders.models import OrderEvent, Payment
from orders.services.ask_gateway import charge_of, gateway_for
from orders.services.lock_order import lock_order
from orders.services.record_event import record_event
from orders.vocabulary import Dispute
from players.errors import PlayerBusy
from players.services.lock_player import refusing_to_wait

log = structlog.get_logger(__name__)

SYSTEM = "system"
NOTES = {
    Dispute.OPEN: "The buyer's bank wants the money back. Answer it at the gateway.",
    Dispute.WON: "The money stays.",
    Dispute.LOST: (
        "The bank has taken the money back; nothing was booked here."
        " If nothing was delivered, cancel the order without a refund."
    ),
}


def take_dispute(gateway_id: str, reference: str) -> Payment | None:
    """A gateway says that somebody disputes a charge, which it calls so: ask it how that stands.

    What it says is kept with the charge and told in the timeline, once; no money is moved by us,
    and the order stays as it is. Locks the player and the order. It may raise GatewaySilent,
    GatewayMisconfigured or PlayerBusy, and then the notice is to be sent again. None: it is no
    charge of ours.
    """
    charges = Payment.objects.filter(kind=Payment.Kind.CHARGE, gateway=gateway_id)
    payment = charges.filter(reference=reference).select_related("order").first()
    if payment is None:
        return None
    gateway = cast("HearsOfDisputes", gateway_for(payment))
    known, found = payment.dispute, gateway.look_up_dispute(charge_of(payment))
    with refusing_to_wait(), transaction.atomic():
        order = lock_order(payment.order_id)
        payment = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
        if found is None or payment.dispute == found:
            return payment
        if payment.dispute != known:
            # Somebody else has asked meanwhile, and either answer may be the older one.
            raise PlayerBusy("The dispute has changed meanwhile.")
        payment.dispute = found
        payment.save(update_fields=["dispute", "updated_at"])
        record_event(
            order,
            OrderEvent.Kind.DISPUTE,
            by=SYSTEM,
            note=NOTES[found],
            before={"dispute": known},
            after={"dispute": found, "payment": payment.code},
        )
        order.save(update_fields=["last_event"])
        log.warning("payment_disputed", order=order.code, payment=payment.code, dispute=found)
    return payment
