import socket
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail as outbox_of
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from orders.models import Mail
from orders.services import send_mail as sending
from orders.services.announce_order import announce_order
from orders.services.send_mail import send_mail
from orders.vocabulary import Announced
from tests.orders.reserving import a_reservation

pytestmark = pytest.mark.django_db


def written(count=1):
    order = a_reservation(email="ann@example.com")
    for _ in range(count):
        announce_order(order, Announced.SENT)
    return Mail.objects.earliest("pk")


@pytest.fixture
def failing(monkeypatch):
    def with_error(error):
        def send_messages(self, messages):
            if error:
                raise error
            return real(self, messages)

        monkeypatch.setattr(EmailBackend, "send_messages", send_messages)

    real = EmailBackend.send_messages
    return with_error


def test_mail_is_sent_once(settings):
    settings.DEFAULT_FROM_EMAIL = "Rewards <orders@shop.example>"
    waiting = written()

    assert (send_mail(), send_mail()) == (1, 0)

    [sent] = outbox_of.outbox
    assert (sent.to, sent.from_email) == (["ann@example.com"], settings.DEFAULT_FROM_EMAIL)
    assert (sent.subject, sent.body) == (waiting.subject, waiting.body)
    message = sent.message()
    assert message["Message-ID"].startswith(f"<mail-{waiting.pk}-")
    assert message["Message-ID"].endswith("@shop.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    stored = Mail.objects.get()
    assert (stored.state, stored.attempts, stored.due_at, stored.error) == ("sent", 1, None, "")
    assert stored.sent_at <= timezone.now()


def test_all_that_is_due_is_sent_in_one_shift():
    written(5)

    assert send_mail(seconds=30) == 5
    assert set(Mail.objects.values_list("state", flat=True)) == {"sent"}


def test_trouble_of_the_server_ends_the_shift_and_is_tried_again(failing):
    written(3)
    failing(SMTPServerDisconnected("gone\0"))
    before = timezone.now()

    assert send_mail(seconds=30) == 1

    tried = Mail.objects.earliest("pk")
    assert (tried.state, tried.attempts) == ("waiting", 1)
    assert tried.error == "SMTPServerDisconnected('gone\\x00')"
    assert timedelta(seconds=4) <= tried.due_at - before <= timedelta(seconds=8)
    failing(None)
    assert send_mail(seconds=30) == 2
    Mail.objects.filter(state="waiting").update(due_at=timezone.now())
    assert send_mail(seconds=30) == 1
    assert Mail.objects.get(pk=tried.pk).error == ""


def test_address_that_does_not_exist_is_given_up_and_the_rest_is_sent(failing):
    written(2)
    failing(SMTPRecipientsRefused({"ann@example.com": (550, b"unknown")}))

    assert send_mail(seconds=30) == 2

    assert set(Mail.objects.values_list("state", "due_at")) == {("failed", None)}


def test_address_that_is_refused_for_now_is_tried_again(failing):
    written()
    failing(SMTPRecipientsRefused({"ann@example.com": (450, b"later")}))

    send_mail()

    assert Mail.objects.get().state == "waiting"


def test_mail_is_given_up_after_three_days(failing):
    written()
    Mail.objects.update(created_at=timezone.now() - timedelta(days=3))
    failing(SMTPServerDisconnected())

    send_mail()

    assert Mail.objects.get().state == "failed"


def test_mail_whose_worker_died_is_sent_again_after_its_lease(monkeypatch):
    written()
    claimed = sending._claim()

    assert send_mail() == 0
    Mail.objects.update(due_at=timezone.now())
    assert send_mail() == 1

    before = Mail.objects.values().get()
    sending._record(claimed, claimed.due_at, error="too late")
    assert Mail.objects.values().get() == before
    assert (before["state"], before["attempts"]) == ("sent", 2)


def test_server_that_is_down_is_tried_again_later_and_says_why(settings):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings.EMAIL_PORT = closed.getsockname()[1]
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    written(2)
    before = timezone.now()

    assert send_mail(seconds=30) == 1

    tried = Mail.objects.earliest("pk")
    assert (tried.state, tried.attempts) == ("waiting", 1)
    assert tried.error == "ConnectionRefusedError(111, 'Connection refused')"
    assert timedelta(seconds=4) <= tried.due_at - before <= timedelta(seconds=8)


def test_shift_has_one_connection(monkeypatch):
    written(3)
    calls = []
    monkeypatch.setattr(EmailBackend, "open", lambda self: calls.append(("open", self)))
    monkeypatch.setattr(EmailBackend, "close", lambda self: calls.append(("close", self)))

    assert send_mail(seconds=30) == 3

    assert [call for call, _ in calls] == ["open", "open", "open", "close"]
    assert len({server for _, server in calls}) == 1
