from uuid import UUID

from django.utils import timezone

from orders.errors import NoMailAddress
from orders.models import Mail, Order, OrderEvent
from orders.services.lock_order import lock_order
from orders.services.record_event import asked_before, attempt, record_event
from orders.services.write_mail import address_of


def resend_mail(mail: Mail, *, by: str, operation_id: UUID | None = None) -> Order:
    """Send the same words once more, to the address that the order has now.

    Refused with NoMailAddress where there is none any more. Locks the player and the order.
    """
    if mail.order is None:
        raise NoMailAddress("This mail is about no order.")
    with attempt(mail.order, "Send mail again", by=by):
        order = lock_order(mail.order.pk)
        if asked_before(order, operation_id, OrderEvent.Kind.RESENT):
            return order
        to = address_of(order)
        if not to:
            raise NoMailAddress("Neither the order nor its player has a mail address.")
        now = timezone.now()
        again = Mail.objects.create(
            order=order,
            event=mail.event,
            to=to,
            subject=mail.subject,
            body=mail.body,
            created_at=now,
            due_at=now,
        )
        record_event(
            order,
            OrderEvent.Kind.RESENT,
            by=by,
            note=f"Mail: {mail.get_event_display()}",
            after={"mail": again.pk},
            operation_id=operation_id,
        )
        order.save()
    return order
