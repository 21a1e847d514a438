"""Send the mail that waits. Each is leased, so that no two workers send it at the same time.

A worker that dies says nothing; after its lease the mail is due again. It has the same Message-ID
each time.
"""

import time
from datetime import datetime, timedelta
from email.utils import parseaddr
from smtplib import SMTPRecipientsRefused

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from orders.models import Mail
from orders.retries import next_try

log = structlog.get_logger(__name__)

# Much longer than a conversation with the mail server, of which each step has EMAIL_TIMEOUT.
LEASE = timedelta(minutes=10)
ERROR_KEPT = 1_000
PERMANENT = 500


def send_mail(*, seconds: float = 0) -> int:
    """Send what is due, for about so long, and return how many were tried.

    It ends where the server has a trouble of its own: the next mail would have it too.
    """
    end = time.monotonic() + seconds
    tried, well = 0, True
    server = get_connection()
    try:
        while well and (not tried or time.monotonic() < end) and (mail := _claim()):
            tried += 1
            lease = mail.due_at
            try:
                # One connection for all: what opens it for itself closes it after one mail.
                server.open()
                _written(mail, server).send()
            except SMTPRecipientsRefused as error:
                final = all(code >= PERMANENT for code, _ in error.recipients.values())
                _record(mail, lease, error=repr(error), final=final)
            except Exception as error:  # noqa: BLE001 - every backend has its own; it is tried again
                well = False
                _record(mail, lease, error=repr(error))
            else:
                _record(mail, lease)
    finally:
        server.close()
    return tried


@transaction.atomic
def _claim() -> Mail | None:
    now = timezone.now()
    due = Mail.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    mail = due.select_for_update(no_key=True, skip_locked=True).first()
    if mail is not None:
        mail.attempts += 1
        mail.due_at = now + LEASE
        mail.save(update_fields=["attempts", "due_at"])
    return mail


def _written(mail: Mail, server: BaseEmailBackend) -> EmailMessage:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<mail-{mail.pk}-{mail.created_at:%Y%m%d%H%M%S%f}@{domain}>",
        "Auto-Submitted": "auto-generated",
    }
    return EmailMessage(mail.subject, mail.body, to=[mail.to], headers=headers, connection=server)


@transaction.atomic
def _record(mail: Mail, lease: datetime | None, *, error: str = "", final: bool = False) -> None:
    """Write what became of it. What a worker learns after its lease changes nothing but `sent`."""
    now = timezone.now()
    mail = Mail.objects.select_for_update(no_key=True).get(pk=mail.pk)
    if mail.state != Mail.State.WAITING or (error and mail.due_at != lease):
        return
    mail.error = error[:ERROR_KEPT].replace("\0", "�")
    due_at = None if final else next_try(begun=mail.created_at, now=now)
    if not error:
        mail.sent()
        mail.sent_at = now
    elif due_at is None:
        log.warning("mail_given_up", mail=mail.pk)
        mail.give_up()
    else:
        mail.due_at = due_at
    mail.save(update_fields=["state", "due_at", "sent_at", "error"])
