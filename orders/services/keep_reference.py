from django.db import transaction

from orders.models import Payment
from orders.services.lock_order import lock_order
from players.services.lock_player import refusing_to_wait


def keep_reference(payment: Payment, reference: str) -> bool:
    """Write down what the gateway calls the charge, and say whether it is still to be paid.

    Locks the player and the order: refused with PlayerBusy where they are not free in time. Not to
    be called in a transaction.
    """
    with refusing_to_wait(), transaction.atomic():
        lock_order(payment.order_id)
        now = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
        payment.reference = now.reference = reference
        now.save(update_fields=["reference"])
    return now.status == Payment.Status.PENDING and now.intent != Payment.Intent.VOID
