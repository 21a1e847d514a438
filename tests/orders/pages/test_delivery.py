import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import structlog
from django.db import OperationalError
from django.test import Client
from structlog.testing import capture_logs

from config.one_line import NOT_ONE_LINE
from orders.cancelling import Cancelling
from orders.models import Delivery, Order
from orders.pages import delivery as page
from orders.pages import private
from orders.services.cancel_order import cancel_order
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.delay_order import delay_order
from orders.services.register_tracking import register_tracking
from orders.vocabulary import CANCEL_REASONS, DELAY_REASONS, Reason
from players.errors import PlayerBusy
from tests.factories import LootFactory, ProductFactory
from tests.orders.reserving import ADDRESS, BY, a_player
from tests.orders.states import (
    cancelled,
    captured,
    completed,
    delayed,
    refunded,
    reserved,
    sent,
)

pytestmark = pytest.mark.django_db
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}


def address_of(order):
    """The address of the order's page on this server."""
    order.refresh_from_db(fields=["transaction_id"])
    return order.delivery.track_url.removeprefix("http://127.0.0.1:8000")


def look(order):
    return Client().get(address_of(order))


def seen_on(answer):
    return re.search(r'name="seen" value="(\w+)"', answer.content.decode())[1]


def confirm(order, seen=None, **changes):
    """Type into the form that is shown, or was (`seen`), and send it."""
    # Browsers say so of a form on a page with no-referrer.
    client = Client(enforce_csrf_checks=True, headers={"Origin": "null"})
    typed = ADDRESS | {"seen": seen or seen_on(look(order))} | changes
    return client.post(address_of(order), typed)


def stored(order):
    """All that confirming could change."""
    return Order.objects.values(
        *(f"delivery__{name}" for name in ("captured_at", *ADDRESS)),
        "status",
        "product__stock",
        "product__reserved",
        "player__coins",
    ).get(pk=order.pk)


def digital(**fields):
    return ProductFactory(kind="digital", **fields)


STATES = {
    "address to be typed": (reserved, "Where should it be sent?", True),
    "captured": (captured, "Thank you, all is confirmed", True),
    "sent": (sent, "It is on its way", False),
    "delayed": (delayed, "It takes longer than planned", True),
    "completed": (completed, "It is yours", False),
    "cancelled": (cancelled, "This order was cancelled", False),
    "refunded": (refunded, "This order was refunded", False),
    "digital": (lambda: reserved(product=digital()), "Confirm your reward", True),
}


# --- What is seen ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_page_says_where_the_order_stands(state):
    make, heading, can_type = STATES[state]
    order = make()

    answer = look(order)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", text) == [heading]
    assert ("<form" in text) == can_type
    assert order.reference in text
    assert str(order.product) in text


@pytest.mark.parametrize("make", [sent, lambda: complete_order(order=sent(), by=BY)])
def test_tracking_number_is_shown(make):
    assert ">TRACK-1</dd>" in look(make()).content.decode()


@pytest.mark.parametrize("reason", DELAY_REASONS)
def test_delay_is_explained(reason):
    order = delay_order(order=captured(), reason=reason, by=BY)

    assert page.status_of(order).text != ""
    assert page.status_of(order).text in look(order).content.decode()


@pytest.mark.parametrize("reason", CANCEL_REASONS)
def test_cancelling_is_explained_but_no_suspicion(reason):
    order = cancel_order(captured(), how=Cancelling(reason=reason), by=BY)

    text = look(order).content.decode()

    assert (page.status_of(order).text == "") == (reason is Reason.FRAUD)
    assert "100 coins were given back" in text
    assert "fraud" not in text.lower()


def test_where_no_reason_was_given_none_is_told():
    order = cancel_order(captured(), how=Cancelling(), by="key:1")

    assert page.status_of(order).text == ""
    assert "available" not in look(order).content.decode()


def test_what_is_refunded_is_not_called_cancelled():
    text = look(refunded()).content.decode()

    assert "ancelled" not in text
    assert "<span>Refunded</span>" in text


def test_loot_is_in_the_inventory():
    product = digital(loot=LootFactory())
    order = complete_order(order=reserved(product=product), by=BY)

    assert "put into your inventory" in look(order).content.decode()


def test_nothing_but_this_order_is_visible():
    player = a_player(coins=98_765_632, first_name="Ada", email="ada@example.com")
    order = reserved(player=player, product=ProductFactory(name="compass"))
    other = reserved(player=player, product=ProductFactory(name="other thing"))

    text = look(order).content.decode()

    secrets = [
        "other thing",
        other.reference,
        str(other.transaction_id),
        order.code,
        str(player.uuid),
        player.customer_code,
        "98765432",  # the coins that the player has left
        "98,765,432",
    ]
    assert [secret for secret in secrets if secret in text] == []


def test_what_was_stored_is_text_and_not_markup():
    order = captured(product=ProductFactory(name="<script>alert(1)</script>"))
    Delivery.objects.filter(order=order).update(city='"><img src=x onerror=alert(1)>')

    text = look(order).content.decode()

    assert "<script" not in text
    assert "<img" not in text


def test_page_needs_few_queries(django_assert_num_queries):
    order = sent()
    address = address_of(order)

    with django_assert_num_queries(1):
        Client().get(address)


# --- Whose page it is ------------------------------------------------------------------------


def unknown_addresses(order, other):
    token, transaction = order.delivery.track_token, order.transaction_id
    return [
        {"token": "0" * 22, "transactionId": transaction},
        {"token": other.delivery.track_token, "transactionId": transaction},
        {"token": token[:-1], "transactionId": transaction},
        {"token": token.upper(), "transactionId": transaction},
        {"token": "ü\0", "transactionId": transaction},
        {"token": "", "transactionId": transaction},
        {"transactionId": transaction},
        {"token": token, "transactionId": uuid4()},
        {"token": token, "transactionId": "0" * 32},
        {"token": "-", "transactionId": uuid4()},
        {"token": token, "transactionId": "\0"},
        {"token": token},
        {},
    ]


def test_whatever_is_unknown_is_answered_alike(monkeypatch, django_assert_num_queries):
    order, other = reserved(), reserved()
    compared = []
    compare = private.secrets.compare_digest
    monkeypatch.setattr(
        private.secrets, "compare_digest", lambda *pair: compared.append(pair) or compare(*pair)
    )
    before = stored(order)
    addresses = [f"/delivery?{urlencode(named)}" for named in unknown_addresses(order, other)]

    with django_assert_num_queries(2 * len(addresses)):
        answers = [ask(address) for address in addresses for ask in (Client().get, Client().post)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len(compared) == len(answers)
    assert stored(order) == before


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_kept_indexed_framed_or_passed_on(method, known):
    address = address_of(reserved()) if known else "/delivery"

    answer = getattr(Client(), method)(address)

    assert {name: answer[name] for name in PRIVATE} == PRIVATE
    policy = answer["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= {*policy}
    assert not [rule for rule in policy if rule.startswith("script") or "unsafe" in rule]
    assert not answer.cookies
    assert not answer.has_header("Set-Cookie")
    assert (answer.status_code == 405) == (method in {"put", "delete"})


def test_token_is_in_no_log():
    order = reserved()

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        look(order)
        confirm(order)

    assert lines
    assert order.delivery.track_token not in str(lines)
    assert ADDRESS["address_line1"] not in str(lines)


# --- What is typed ---------------------------------------------------------------------------


def test_confirming_captures_in_the_name_of_the_player():
    order = reserved()

    answer = confirm(order)

    assert answer.status_code == 303
    assert re.fullmatch(rf"{re.escape(address_of(order))}&saved=\d+#saved", answer["Location"])
    assert stored(order) == {
        **{f"delivery__{name}": text for name, text in ADDRESS.items()},
        "delivery__captured_at": Delivery.objects.get(order=order).captured_at,
        "status": "reserved",
        "product__stock": 9,
        "product__reserved": 0,
        "player__coins": 900,
    }
    assert order.events.get(kind="capture").by == f"player:{order.player_id}"
    assert "Saved." in Client().get(answer["Location"]).content.decode()


@pytest.mark.parametrize("saved", ["1", "-1", "x", "", "9" * 30])
def test_a_bookmark_does_not_say_that_something_was_saved(saved):
    text = Client().get(f"{address_of(captured())}&saved={saved}").content.decode()

    assert "Saved." not in text
    assert "Thank you, all is confirmed" in text


def test_sent_twice_is_done_once():
    order = reserved()
    seen = seen_on(look(order))

    first, second = confirm(order, seen=seen), confirm(order, seen=seen)

    assert [first.status_code, second.status_code] == [303, 303]
    kinds = order.events.order_by("number").values_list("kind", flat=True)
    assert list(kinds) == ["reservation", "capture"]
    assert stored(order)["product__stock"] == 9


def test_address_is_corrected_until_it_is_sent():
    order = captured()

    confirm(order, city="Paris")

    assert stored(order)["delivery__city"] == "Paris"
    register_tracking(order=order, tracking_number="1Z", by=BY)
    answer = confirm(order, seen="0", city="Rome")
    assert answer.status_code == 409
    assert "What you typed was not saved" in answer.content.decode()
    assert stored(order)["delivery__city"] == "Paris"


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("city", "", "Enter your city."),
        ("city", "   ", "Enter your city."),
        ("first_name", "x" * 151, "at most 150 characters"),
        ("postal_code", "1\0", "Null characters are not allowed."),
        ("email", "nobody", "Enter an e-mail address like name@example.com."),
        ("first_name", "A\r\nBcc: b@c.de", NOT_ONE_LINE),
        ("address_line2", "\u202eA", NOT_ONE_LINE),
        ("email", '"a\x07b"@example.com', NOT_ONE_LINE),
    ],
)
def test_error_keeps_what_was_typed(field, text, message):
    order = reserved()
    before = stored(order)

    answer = confirm(order, **{field: text}, address_line1="Main <St> 7")

    page_text = answer.content.decode()
    assert answer.status_code == 422
    assert message in page_text
    assert 'value="Main &lt;St&gt; 7"' in page_text
    [box] = re.findall(rf'<input[^>]*id="id_{field}"[^>]*>', page_text)
    assert 'aria-invalid="true"' in box
    assert re.search(rf'aria-describedby="[^"]*\bid_{field}_error"', box)
    assert f'id="id_{field}_error"' in page_text
    assert f'href="#id_{field}"' in page_text
    assert stored(order) == before


@pytest.mark.parametrize(
    ("trouble", "status", "words"),
    [
        (PlayerBusy("busy"), 409, "being worked on just now"),
        (OperationalError("the server has gone"), 503, "Something went wrong on our side"),
    ],
)
def test_trouble_keeps_what_was_typed(monkeypatch, trouble, status, words):
    order = reserved()

    def fail(**_):
        raise trouble

    monkeypatch.setattr(page, "confirm_delivery", fail)
    answer = confirm(order, city="Paris")

    text = answer.content.decode()
    assert answer.status_code == status
    assert words in text
    assert 'value="Paris"' in text


def test_change_meanwhile_is_shown_beside_what_was_typed():
    order = captured()
    seen = seen_on(look(order))
    confirm(order, city="Paris")

    answer = confirm(order, seen=seen, city="Rome")

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "What is stored now" in text
    assert "What you typed is not saved yet" in text
    assert "nothing left for you to do" not in text
    assert "90210 Paris" in text
    assert 'value="Rome"' in text
    assert stored(order)["delivery__city"] == "Paris"
    # Whoever has seen it may overwrite it.
    assert confirm(order, seen=seen_on(answer), city="Rome").status_code == 303
    assert stored(order)["delivery__city"] == "Rome"


def test_captured_by_another_meanwhile_is_not_taken_for_saved():
    order = reserved()
    seen = seen_on(look(order))
    capture_delivery(order=order, overrides=ADDRESS, by=BY)

    answer = confirm(order, seen=seen, city="Rome")

    assert answer.status_code == 409
    assert stored(order)["delivery__city"] == ADDRESS["city"]


def test_order_cancelled_meanwhile_takes_nothing():
    order = reserved()
    seen = seen_on(look(order))
    cancel_order(order, how=Cancelling(reason=Reason.PLAYER_REQUEST), by=BY)
    before = stored(order)

    for city in ("Rome", ""):
        answer = confirm(order, seen=seen, city=city)

        text = answer.content.decode()
        assert answer.status_code == 409
        assert "This order was cancelled" in text
        assert "<form" not in text
    assert stored(order) == before


def test_digital_product_asks_for_nothing_but_an_email_address():
    order = reserved(product=digital())

    text = look(order).content.decode()
    answer = confirm(order, email="new@example.com")

    assert re.findall(r'<input type="\w+" name="(\w+)"', text) == ["seen", "email"]
    assert answer.status_code == 303
    delivery = Delivery.objects.get(order=order)
    assert (delivery.email, delivery.address_line1) == ("new@example.com", "")
    assert delivery.captured_at is not None
    assert "new@example.com" in look(order).content.decode()


def test_page_knows_the_address_that_mail_goes_to():
    order = captured(player=a_player(email="ivo@example.com"))
    Delivery.objects.update(email="")

    shown = look(order).content.decode()

    assert shown.count("ivo@example.com") == 2  # in the text, and below the address
    assert "on this page" not in shown
