"""The pages of endpoints, messages and deliveries."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import OrderEvent, WebhookDelivery, WebhookEndpoint, WebhookMessage
from orders.services.deliver_webhooks import deliver_webhooks
from orders.webhook_signatures import secret_of
from tests.factories import EstablishmentFactory
from tests.orders.receiving import an_endpoint, receiver
from tests.orders.reserving import a_player, a_reservation
from tests.staff import form_in, said, staff, superuser

pytestmark = pytest.mark.django_db
URL = "https://example.com/hook"
PAGES = ("test", "secret", "switch", "replay")
CHANGING = ("orders.view_webhookendpoint", "orders.change_webhookendpoint")


@pytest.fixture
def endpoint():
    return an_endpoint(EstablishmentFactory(), URL)


@pytest.fixture
def delivery():
    player = a_player()
    an_endpoint(player.establishment, URL)
    a_reservation(player=player)
    return WebhookDelivery.objects.get()


def page(word, row):
    return reverse(f"admin:{word}_webhook_endpoint", args=[row.pk])


def change(row):
    return reverse(f"admin:orders_{row._meta.model_name}_change", args=[row.pk])


def post(client, address, **data):
    return client.post(address, data, follow=True)


def test_endpoint_is_added_and_its_secret_shown_once():
    client, establishment = superuser(), EstablishmentFactory()
    address = client.get(reverse("admin:orders_webhookendpoint_add"))["Location"]
    address = reverse("admin:orders_webhookendpoint_add") + address
    given = {"establishment": str(establishment.pk), "url": URL}

    shown = client.post(address, given)

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.establishment, endpoint.url) == (establishment, URL)
    secret = secret_of(endpoint.pk, 1)
    assert secret in shown.content.decode()
    again = client.post(address, given).content.decode()
    assert secret not in again
    assert "its secret was shown" in again
    assert secret not in client.get(change(endpoint)).content.decode()


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://example.com/", "x", ""])
def test_endpoint_that_could_not_be_called_is_not_added(url):
    client = superuser()
    address = f"{reverse('admin:orders_webhookendpoint_add')}?form={uuid4()}"

    client.post(address, {"establishment": str(EstablishmentFactory().pk), "url": url})

    assert WebhookEndpoint.objects.count() == 0


@pytest.mark.parametrize(
    ("private", "words"),
    [(False, "must begin with https://."), (True, "must begin with https:// or http://.")],
)
def test_form_says_which_addresses_are_called(settings, private, words):
    settings.WEBHOOK_PRIVATE_ADDRESSES = private
    client = superuser()
    address = f"{reverse('admin:orders_webhookendpoint_add')}?form={uuid4()}"
    help_text = "also calls what is not public" if private else "and is public."

    assert help_text in client.get(address).content.decode()
    given = {"establishment": str(EstablishmentFactory().pk), "url": "ftp://example.com/"}
    assert words in client.post(address, given).content.decode()


def test_address_is_changed_and_nothing_else(endpoint):
    client = superuser()
    form = form_in(client.get(change(endpoint)))
    before = WebhookEndpoint.objects.values().get()

    client.post(change(endpoint), {**form, "url": "https://example.com/new"})
    assert WebhookEndpoint.objects.values().get() == {**before, "url": "https://example.com/new"}
    client.post(change(endpoint), {**form, "url": "https://127.0.0.1/"})
    assert WebhookEndpoint.objects.get().url == "https://example.com/new"


def test_who_changes_an_address_leaves_both_in_the_history_without_their_queries(endpoint):
    client = superuser()
    form = form_in(client.get(change(endpoint)))

    client.post(change(endpoint), {**form, "url": "https://example.com/new?token=secret"})
    client.post(change(endpoint), {**form, "url": "https://example.com/new?token=secret"})

    entries = LogEntry.objects.order_by("pk")
    assert [entry.get_change_message() for entry in entries] == [
        f"Address: {URL} → https://example.com/new?…",
        "No fields changed.",
    ]
    assert {entry.user for entry in entries} == {client.member}


def test_secret_is_changed_once(endpoint):
    client = superuser()
    form = form_in(client.get(page("secret", endpoint))) or {"seen": ["1"]}

    shown = client.post(page("secret", endpoint), form)
    assert "kept nowhere" not in shown.content.decode()
    again = post(client, page("secret", endpoint), seen=1)

    assert secret_of(endpoint.pk, 2) in shown.content.decode()
    assert said(again) == ["The secret was changed meanwhile."]
    assert WebhookEndpoint.objects.get().secret_version == 2


def test_second_change_within_a_day_says_that_the_oldest_secret_ends(endpoint):
    client = superuser()
    warnings = []
    for rotated in (None, timedelta(hours=23), timedelta(hours=25)):
        at = rotated and timezone.now() - rotated
        WebhookEndpoint.objects.update(rotated_at=at)
        warnings.append(client.get(page("secret", endpoint)).context["warnings"])

    [_, [warning], _] = warnings
    assert warnings == [[], [warning], []]
    rotated_at = f"{timezone.now() - timedelta(hours=23):%F %H:}"
    assert warning.startswith(f"It was changed at {rotated_at}")
    assert "is no longer valid as soon as you change it again" in warning


def test_endpoint_is_switched_off_and_on_and_twice_changes_nothing(endpoint):
    client = superuser()

    assert said(post(client, page("switch", endpoint), off="")) == ["Switched off."]
    assert said(post(client, page("switch", endpoint), off="")) == ["It is switched off already."]
    off = WebhookEndpoint.objects.get()
    assert (off.state, off.disabled_reason) == ("disabled", f"By {client.member}.")
    assert "It is switched off." in client.get(change(endpoint)).content.decode()
    assert said(post(client, page("switch", endpoint), on="")) == ["Switched on."]
    assert WebhookEndpoint.objects.get().state == "active"


def test_test_message_tells_what_was_answered_and_is_sent_once(endpoint, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    client = superuser()
    with receiver(status=503) as server:
        WebhookEndpoint.objects.update(url=server.url)
        shown = client.get(page("test", endpoint)).context["form"]
        form = {"operation_id": shown["operation_id"].value()}
        assert server.calls == []
        [message] = said(post(client, page("test", endpoint), **form))
        [again] = said(post(client, page("test", endpoint), **form))
        assert len(server.calls) == 1

    assert again.startswith("This test is sent already")
    assert message.startswith("Answered 503 in ")
    assert message.endswith(" ms. heard")


def test_pages_tell_support_nothing_of_leases_and_workers(delivery):
    client = superuser()
    later = timezone.now() + timedelta(days=400)

    rested = client.get(change(delivery.endpoint)).content.decode()
    WebhookEndpoint.objects.update(free_at=later)
    resting = client.get(change(delivery.endpoint)).content.decode()

    assert (f"{later:%Y-%m-%d}" in rested, f"{later:%Y-%m-%d}" in resting) == (False, True)
    assert "caller" not in resting
    assert "worker" not in client.get(change(delivery)).content.decode()


def test_what_was_missed_is_sent(endpoint):
    client = superuser()
    a_reservation(player=a_player(establishment=endpoint.establishment))
    WebhookDelivery.objects.all().delete()
    shown = client.get(page("replay", endpoint)).context["form"]["since"].value()
    since = {"since_0": f"{shown:%Y-%m-%d}", "since_1": f"{shown:%H:%M:%S}"}

    assert said(post(client, page("replay", endpoint), **since)) == ["Messages on their way: 1."]
    assert said(post(client, page("replay", endpoint), **since)) == ["Messages on their way: 0."]
    assert WebhookDelivery.objects.get().state == "waiting"


@pytest.mark.parametrize("word", PAGES)
def test_pages_of_an_endpoint_need_their_right(endpoint, word):
    assert staff(*CHANGING).get(page(word, endpoint)).status_code == 200
    looking = staff("orders.view_webhookendpoint")
    assert looking.get(page(word, endpoint)).status_code == 403
    assert looking.post(page(word, endpoint), {"off": ""}).status_code == 403
    assert page(word, endpoint) not in looking.get(change(endpoint)).content.decode()
    assert WebhookEndpoint.objects.get().state == "active"


def test_adding_needs_its_right():
    client = staff(*CHANGING)

    assert client.get(reverse("admin:orders_webhookendpoint_add")).status_code == 403


def test_delivery_shows_every_attempt_and_what_was_answered(delivery, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with receiver(status=500) as server:
        WebhookEndpoint.objects.update(url=server.url)
        deliver_webhooks()
    client = superuser()

    shown = client.get(change(delivery)).content.decode()

    message = WebhookMessage.objects.get()
    for text in ("500", "heard", "order.created", str(message.uuid), message.data["productId"]):
        assert text in shown
    for row in (delivery.endpoint, message):
        assert client.get(change(row)).status_code == 200


def test_delivery_is_sent_again_once_however_often_it_is_clicked(delivery):
    delivery.delivered()
    delivery.save()
    client = staff("orders.view_webhookdelivery", "orders.resend_order")
    address = reverse("admin:send_webhookdelivery_again", args=[delivery.pk])
    form = {"operation_id": client.get(address).context["form"]["operation_id"].value()}

    for _ in range(2):
        client.post(address, form)

    assert WebhookDelivery.objects.get().state == "waiting"
    [event] = OrderEvent.objects.filter(kind="resent")
    assert event.by == f"staff:{client.member.pk}"


def test_delivery_to_an_endpoint_that_is_off_says_why_it_cannot_be_sent_again(delivery):
    client = superuser()
    post(client, page("switch", delivery.endpoint), off="")

    assert "Its endpoint is switched off." in client.get(change(delivery)).content.decode()
    address = reverse("admin:send_webhookdelivery_again", args=[delivery.pk])
    client.post(address, {"operation_id": str(uuid4())})

    assert WebhookDelivery.objects.get().state == "failed"


def test_sending_again_needs_both_rights(delivery):
    address = reverse("admin:send_webhookdelivery_again", args=[delivery.pk])

    for right in ("orders.view_webhookdelivery", "orders.resend_order"):
        assert staff(right).post(address, {"operation_id": str(uuid4())}).status_code == 403
    assert OrderEvent.objects.filter(kind="resent").count() == 0


@pytest.mark.parametrize("model", ["webhookendpoint", "webhookmessage", "webhookdelivery"])
def test_lists_ask_the_same_whatever_their_length(delivery, model):
    client = superuser()
    address = reverse(f"admin:orders_{model}_changelist")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts.append(len(asked))
        for _ in range(3):
            player = a_player()
            an_endpoint(player.establishment, URL)
            a_reservation(player=player)

    assert counts[0] == counts[1]


def test_lists_are_searched_by_transaction_and_message(delivery):
    client = superuser()
    other = a_player()
    an_endpoint(other.establishment, URL)
    a_reservation(player=other)
    message = delivery.message

    for model in ("webhookmessage", "webhookdelivery"):
        for term in (message.uuid, message.order.transaction_id):
            answer = client.get(reverse(f"admin:orders_{model}_changelist"), {"q": term})
            [found] = answer.context["cl"].result_list
            assert found in (message, delivery)
        answer = client.get(reverse(f"admin:orders_{model}_changelist"), {"q": "x"})
        assert list(answer.context["cl"].result_list) == []
