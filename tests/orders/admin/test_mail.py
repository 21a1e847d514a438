"""The pages of mail."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import Mail
from orders.services.announce_order import announce_order
from orders.vocabulary import Announced
from tests.orders.reserving import a_reservation
from tests.staff import staff, superuser

pytestmark = pytest.mark.django_db
LIST = "admin:orders_mail_changelist"


@pytest.fixture
def mail():
    order = a_reservation(email="ann@example.com")
    announce_order(order, Announced.SENT)
    order.save()
    mail = Mail.objects.get()
    mail.error = "SMTPRecipientsRefused: ann@example.com"
    mail.sent()
    mail.sent_at = timezone.now()
    mail.save()
    return mail


def pages(client, mail):
    return [
        client.get(address).content.decode()
        for address in (reverse(LIST), reverse("admin:orders_mail_change", args=[mail.pk]))
    ]


def test_mail_is_shown_to_those_who_may_see_personal_data(mail):
    listed, shown = pages(staff("orders.view_mail", "orders.view_personal_data"), mail)

    assert "ann@example.com" in listed
    for text in ("ann@example.com", "Hello John,", mail.subject, "SMTPRecipientsRefused"):
        assert text in shown


def test_mail_is_masked_for_all_others(mail):
    listed, shown = pages(staff("orders.view_mail"), mail)

    for text in (listed, shown):
        assert "a…@example.com" in text
        for hidden in ("ann@", "John", mail.order.delivery.track_token):
            assert hidden not in text


def test_mail_is_sent_again_once_however_often_it_is_clicked(mail):
    client = staff("orders.view_mail", "orders.resend_order")
    address = reverse("admin:send_mail_again", args=[mail.pk])
    asked = client.get(address)
    assert "ann@" not in asked.content.decode()
    form = {"operation_id": asked.context["form"]["operation_id"].value()}

    for _ in range(2):
        client.post(address, form)

    assert list(Mail.objects.order_by("pk").values_list("state", flat=True)) == ["sent", "waiting"]


def test_mail_that_waits_cannot_be_sent_again_and_says_why(mail):
    Mail.objects.update(state="waiting", due_at=timezone.now())

    shown = superuser().get(reverse("admin:orders_mail_change", args=[mail.pk]))

    assert "It has not been sent yet." in shown.content.decode()


def test_sending_again_needs_both_rights(mail):
    address = reverse("admin:send_mail_again", args=[mail.pk])

    for right in ("orders.view_mail", "orders.resend_order"):
        assert staff(right).post(address, {"operation_id": str(uuid4())}).status_code == 403
    assert Mail.objects.count() == 1


@pytest.mark.parametrize(
    ("term", "rights", "found"),
    [
        ("code", [], True),
        ("ann@example.com", ["orders.view_personal_data"], True),
        ("ann@example.com", [], False),
        ("weekly", [], True),
        ("Your order", [], False),
    ],
)
def test_mail_is_found_by_what_its_order_is_found_by_and_a_report_by_its_subject(
    mail, term, rights, found
):
    now = timezone.now()
    report = Mail.objects.create(
        to="shop@example.com", subject="Weekly sales", body="-", created_at=now, due_at=now
    )
    client = staff("orders.view_mail", *rights)

    asked = {"q": mail.order.code if term == "code" else term}
    listed = client.get(reverse(LIST), asked).context["cl"].result_list

    expected = [report if term == "weekly" else mail] if found else []
    assert list(listed) == expected


def test_mail_is_found_by_transaction(mail):
    client = superuser()

    found = client.get(reverse(LIST), {"q": mail.order.transaction_id}).context["cl"].result_list
    nothing = client.get(reverse(LIST), {"q": uuid4()}).context["cl"].result_list

    assert (list(found), list(nothing)) == ([mail], [])
