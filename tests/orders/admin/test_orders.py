import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.formats import localize

from inventory.models import PlayerOrder
from orders.cancelling import Cancelling, Stock
from orders.models import Delivery, Order
from orders.services.add_note import add_note
from orders.services.announce_order import announce_order
from orders.services.cancel_order import cancel_order
from orders.services.complete_order import complete_order
from orders.services.resend_mail import resend_mail
from orders.services.update_details import update_details
from orders.vocabulary import Announced, Reason
from tests.factories import EstablishmentFactory, ItemFactory, LootFactory, ProductFactory
from tests.orders import states
from tests.orders.admin.asking import ORDERS, buttons_of, masked, page_of, support, url_of
from tests.orders.ordering import a_loot_order
from tests.orders.reserving import BY, a_player, a_reservation
from tests.staff import staff, superuser

pytestmark = pytest.mark.django_db

SECRETS = ("Ada", "Lovelace", "ada@example.com", "Los Angeles", "Main St 1", "john@example.com")


def found(client, term, **narrowed):
    page = client.get(ORDERS, {"q": term, **narrowed} if term else narrowed)
    return [row.pk for row in page.context["cl"].result_list]


def text_of(html):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html)).strip()


@pytest.fixture
def ada():
    return a_player(first_name="Ada", last_name="Lovelace", email="ada@example.com")


@pytest.fixture
def two(ada):
    """Ada's sent order, and another's reservation."""
    return states.sent(player=ada), a_reservation()


@pytest.mark.parametrize(
    "named",
    [
        lambda order: order.transaction_id,
        lambda order: order.reference.lower(),
        lambda order: order.code,
        lambda order: order.delivery.track_token,
        lambda order: order.delivery.tracking_number.lower(),
        lambda order: order.player_id,
        lambda order: order.player.uuid,
        lambda order: order.player.customer_code,
        lambda order: order.product_id,
        lambda order: order.establishment_id,
        lambda order: order.events.first().operation_id,
        lambda order: order.messages.first().uuid,
        lambda order: order.payments.get().code,
    ],
)
def test_order_is_found_by_whatever_people_quote(two, named):
    order, _ = two

    assert found(staff("view"), f" {named(order)} ") == [order.pk]


@pytest.mark.parametrize(
    "term",
    [
        lambda order: str(order.transaction_id)[:6],
        lambda order: str(order.transaction_id)[:20].upper(),
        lambda order: order.delivery.track_url,
        lambda order: order.delivery.tracking_number.lower(),
        lambda order: order.delivery.tracking_number.title(),
    ],
)
def test_order_is_found_by_what_people_have_at_hand(two, term):
    order, _ = two

    assert found(staff("view"), term(order)) == [order.pk]


@pytest.mark.parametrize(
    "term", ["ADA@example.com", "john@example.com", "ada", "lovel", "ada lov", "Ada Lovelace"]
)
def test_order_is_found_by_mail_and_name_by_those_who_may_see_them(two, term):
    order, _ = two

    assert found(staff("view"), term) == [order.pk]
    assert found(masked(), term) == []


@pytest.mark.parametrize(
    "term",
    ["x", "6a0c9b1e-0b7a-4f0c-9a57-5c1f6d0c6d5a", "9" * 30, "a" * 500, "@", "%", "''"],
)
def test_what_names_nothing_finds_nothing(two, term):
    assert found(staff("view"), term) == []


def test_all_orders_of_a_player_and_of_a_product_are_found(ada):
    product = ProductFactory()
    orders = [a_reservation(player=ada), a_reservation(player=ada, product=product)]
    other = a_reservation(product=product)

    assert found(staff("view"), str(ada.pk)) == [orders[1].pk, orders[0].pk]
    assert found(staff("view"), "", product_id=str(product.pk)) == [other.pk, orders[1].pk]
    assert found(staff("view"), "", establishment_id=str(ada.establishment_id)) == [
        orders[1].pk,
        orders[0].pk,
    ]


def test_list_tells_what_each_waits_for():
    page = support().get(ORDERS)
    shown = {state.__name__: state() for state in states.STATES}

    page = text_of(support().get(ORDERS).content.decode())

    assert all(order.reference in page for order in shown.values())
    for words in (
        f"delivery details, until {localize(shown['reserved'].expires_at)}",
        "its tracking number, for less than a minute",
        "its arrival, less than a minute after it was sent",
        "100 COIN, 100 given back",
    ):
        assert words in re.sub("\xa0", " ", page)


def count_of(ask):
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)


def test_list_asks_no_more_for_three_orders_than_for_one():
    client = support()
    states.sent()
    client.get(ORDERS)
    one = count_of(lambda: client.get(ORDERS))
    states.sent()
    states.completed()

    assert count_of(lambda: client.get(ORDERS)) == one < 16


def test_page_asks_no_more_for_many_events_than_for_few():
    client = support()
    order = states.sent()
    page_of(client, order)
    few = count_of(lambda: page_of(client, order))
    for number in range(3):
        add_note(order=order, note=f"{number}", by=f"staff:{client.member.pk}")
        update_details(order=order, changes={"city": f"Springfield {number}"}, by=BY)
    complete_order(order=order, by=BY)
    page_of(client, order)

    # One more: of the member of staff, who had done nothing before.
    assert count_of(lambda: page_of(client, order)) <= few + 1 < 30


def test_page_tells_all_about_an_order(ada):
    order = states.sent(player=ada)

    page = page_of(support(), order)

    assert [panel.title for panel in page.context["panels"]] == [
        "Delivery",
        "Lines",
        "Payments: 100 charged, 0 refunded",
        "Stock",
        "Webhooks",
        "Mail",
    ]
    assert [(fact.title, fact.answer) for fact in page.context["facts"]] == [
        ("Status", "Sent"),
        ("Paid", "100 COIN"),
        ("Product", order.product.name),
        ("Delivery", "TRACK-1"),
    ]
    assert order.delivery.track_url.replace("&", "&amp;") in page.content.decode()


def test_timeline_tells_who_did_what_and_why(ada):
    client = support()
    order = states.delayed(player=ada)
    add_note(order=order, note="Called.", by=f"staff:{client.member.pk}")
    update_details(order=order, changes={"city": "London"}, by=f"player:{ada.pk}")

    events = page_of(client, order).context["timeline"]

    told = [(event.title, text_of(str(event.by)), event.reason, event.note) for event in events]
    assert told == [
        ("Details changed", "player Ada Lovelace", "", ""),
        ("Note", f"staff {client.member.username}", "", "Called."),
        ("Delayed", "staff:1", "Reason: Held by customs", ""),
        ("Delivery details captured", BY, "", ""),
        ("Reserved", BY, "", ""),
    ]
    assert events[0].changes == [("City", "Los Angeles", "London")]
    assert events[2].changes == [("Shown as", "pending", "delayed")]
    assert events[3].changes[:2] == [
        ("First name", "Ada", "John"),
        ("Last name", "Lovelace", "Doe"),
    ]


def test_a_cancellation_without_a_reason_has_none():
    order = cancel_order(states.reserved(), how=Cancelling(), by="key:1")

    page = page_of(support(), order)

    assert page.context["timeline"][0].reason == "No reason given"
    assert page.context["facts"][0].notes[1:] == ["No reason given"]
    assert "unavailable" not in page.content.decode()


def test_timeline_tells_of_attempts_that_were_refused():
    client = support()
    order = states.cancelled()
    with pytest.raises(Exception, match="cancelled"):
        complete_order(order=order, by=BY)

    refused = page_of(client, order).context["timeline"][0]

    assert (refused.title, refused.note, refused.changes) == (
        "Refused: Complete",
        "An order is completed while it is reserved; it is cancelled.",
        [],
    )


def test_personal_data_are_shown_only_to_those_who_may_see_them(ada):
    order = states.sent(player=ada)
    update_details(order=order, changes={"city": "Paris"}, by=f"player:{ada.pk}")
    pages = (f"{ORDERS}{order.pk}/change/", ORDERS)

    openly = "".join(support().get(page).content.decode() for page in pages)
    hidden = "".join(
        masked("orders.cancel_order").get(page).content.decode()
        for page in (*pages, url_of(order, "cancel"))
    )

    assert [secret for secret in SECRETS if secret not in openly] == []
    assert [secret for secret in (*SECRETS, "Paris") if secret in hidden] == []
    assert order.delivery.track_token not in hidden
    assert "A… L…" in hidden
    assert "j…@example.com" in hidden


CALLERS = {
    "anonymous": Client,
    "no rights": staff,
    "viewer": lambda: staff("view"),
    "canceller": lambda: staff("view", "orders.cancel_order"),
    "refunder": lambda: staff("view", "orders.refund_order"),
    "fulfiller": lambda: masked("orders.fulfil_order"),
    "fulfiller with names": lambda: staff("view", "orders.fulfil_order"),
    "noter": lambda: staff("view", "orders.note_order"),
    "canceller who sees nothing": lambda: staff("orders.cancel_order", "orders.refund_order"),
    "superuser": superuser,
}
READERS = set(CALLERS) - {"anonymous", "no rights", "canceller who sees nothing"}
FULFILLERS = {"fulfiller", "fulfiller with names", "superuser"}
OPEN_TO = {
    "list": READERS,
    "change": READERS,
    "cancel": {"canceller", "superuser"},
    "refund": {"refunder", "superuser"},
    "track": FULFILLERS,
    "delay": FULFILLERS,
    "complete": FULFILLERS,
    "capture": FULFILLERS,
    "details": FULFILLERS - {"fulfiller"},
    "note": {"noter", "superuser"},
}
REFUSED = {"anonymous": 302}


@pytest.mark.parametrize("caller", CALLERS)
def test_each_page_opens_for_those_who_may(caller):
    order = states.captured()
    client = CALLERS[caller]()

    for page, allowed in OPEN_TO.items():
        url = ORDERS if page == "list" else url_of(order, page)
        expected = 200 if caller in allowed else REFUSED.get(caller, 403)
        assert (page, client.get(url).status_code) == (page, expected)
        if page not in ("list", "change"):
            assert (page, client.post(url, {}).status_code) == (page, expected)
    assert Order.objects.get(pk=order.pk).last_event == order.last_event


@pytest.mark.parametrize("caller", sorted(READERS))
def test_buttons_are_those_of_the_pages_that_open(caller):
    order = states.captured()

    labels = buttons_of(CALLERS[caller](), order)

    names = {
        "cancel": "Cancel",
        "refund": "Refund",
        "track": "Register tracking",
        "delay": "Mark delayed",
        "complete": "Complete",
        "capture": "Capture delivery",
        "details": "Edit delivery",
        "note": "Add a note",
    }
    assert set(labels) == {label for name, label in names.items() if caller in OPEN_TO[name]}


@pytest.mark.parametrize("method", ["add", "delete"])
def test_orders_are_not_made_or_removed_here(method):
    order = a_reservation()
    url = f"{ORDERS}add/" if method == "add" else f"{ORDERS}{order.pk}/delete/"

    assert superuser().post(url, {"post": "yes"}).status_code == 403
    assert superuser().post(url_of(order, "change"), {"reference": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (states.reserved, {"Cancel", "Mark delayed", "Edit delivery"}),
        (
            states.captured,
            {"Cancel", "Register tracking", "Mark delayed", "Complete", "Edit delivery"},
        ),
        (states.completed, {"Cancel", "Refund"}),
        (states.cancelled, set()),
        (states.refunded, set()),
    ],
)
def test_button_that_is_disabled_says_why(state, possible):
    buttons = buttons_of(support(), state())

    assert {label for label, why in buttons.items() if not why} == possible | {"Add a note"}


def test_page_of_what_cannot_be_done_says_why_without_a_form():
    page = support().get(url_of(states.cancelled(), "cancel"))

    assert page.context["warnings"] == ["It is cancelled already."]
    assert "form" not in page.context


def test_timeline_names_stock_and_leads_to_mail_and_loot():
    order = a_loot_order(LootFactory(item=ItemFactory(id=10)))
    how = Cancelling(stock=Stock.WRITE_OFF, reason=Reason.MISTAKE)
    order = cancel_order(order, how=how, by=BY)
    Delivery.objects.update(email="john@example.com")
    announce_order(order, Announced.CANCELLED)
    order.save()
    resend_mail(order.mail.latest("pk"), by=BY)
    mail = order.mail.latest("pk")
    undone = PlayerOrder.objects.get(source="REFUND")

    def changes(client):
        mailed, cancelled = page_of(client, order).context["timeline"][:2]
        shown = [*mailed.changes, *cancelled.changes]
        return {name: after for name, _, after in shown}

    openly, closed = changes(support()), changes(staff("orders.view_order"))

    assert openly["Stock"] == "written off"
    assert f'href="/admin/orders/mail/{mail.pk}/change/"' in openly["Mail"]
    assert f"?q={undone.order_id}" in openly["Loot taken by"]
    assert (closed["Mail"], closed["Loot taken by"]) == (str(mail.pk), str(undone.order_id))


def test_player_page_shows_the_orders_first(ada):
    order = states.completed(player=ada)

    page = support().get(f"/admin/players/player/{ada.pk}/change/")

    panel = page.context["panels"][0]
    assert panel.title == "Orders"
    [row] = panel.rows
    assert text_of(row[0]) == f"{order.reference} ({str(order.transaction_id)[:8]})"
    assert row[1:5] == (order.product, "Acquired", "", "100 COIN")
    hidden = staff("players.view_player").get(f"/admin/players/player/{ada.pk}/change/")
    assert "Orders" not in [panel.title for panel in hidden.context["panels"]]


def test_amounts_are_shown_without_zeros_that_say_nothing():
    establishment = EstablishmentFactory()
    player = a_player(establishment=establishment, coins=2_000)
    order = a_reservation(player=player, product=ProductFactory(price=Decimal("1250.50")))

    facts = page_of(support(), order).context["facts"]

    assert facts[1].answer == "1,250.5 COIN"
