from django.db import transaction
from django.utils import timezone

from orders.models import Payment
from orders.services.lock_order import lock_order
from orders.services.open_charge import ABANDONED_AFTER
from players.services.lock_player import refusing_to_wait


def keep_reference(payment: Payment, reference: str) -> bool:
    """Write down what the gateway calls the charge, and say whether it is still to be paid.

    Not a charge that was without a reference for too long: a job may be giving it up, and has no
    name by which to ask the gateway for it.

    Locks the player and the order: refused with PlayerBusy where they are not free in time. Not to
    be called in a transaction.
    """
    with refusing_to_wait(), transaction.atomic():
        lock_order(payment.order_id)
        now = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
        is_safe = bool(now.reference) or now.created_at > timezone.now() - ABANDONED_AFTER
        payment.reference = now.reference = reference
        now.save(update_fields=["reference"])
    is_wanted = now.status == Payment.Status.PENDING and now.intent != Payment.Intent.VOID
    return is_wanted and is_safe
