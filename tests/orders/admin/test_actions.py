import pytest

from config.one_line import NOT_ONE_LINE
from orders.models import Order
from orders.services.register_tracking import register_tracking
from orders.services.update_details import update_details
from tests.factories import LootFactory, ProductFactory
from tests.orders import states
from tests.orders.admin.asking import (
    buttons_of,
    errors_of,
    fields_of,
    fill_in,
    masked,
    support,
    url_of,
)
from tests.orders.looking import everything, last_event, timeline
from tests.orders.reserving import ADDRESS, BY
from tests.staff import said

pytestmark = pytest.mark.django_db

ACTIONS = {
    "track": (states.captured, {"tracking_number": "JD1"}, "tracking", "sent"),
    "delay": (
        states.captured,
        {"reason": "PACKAGE_LOST", "note": "Weeks."},
        "delay",
        "delayed",
    ),
    "complete": (states.captured, {}, "acquisition", "acquired"),
    "details": (states.captured, {"city": "London"}, "details", "pending"),
    "note": (states.cancelled, {"note": "Called."}, "note", "cancelled"),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_action_is_done_once_however_often_it_is_sent(action):
    state, given, kind, shown_as = ACTIONS[action]
    order = state()
    client = support()
    form = fill_in(client, order, action, **given)

    answers = [client.post(url_of(order, action), form, follow=True) for _ in range(3)]

    order = Order.objects.get(pk=order.pk)
    event = last_event(order)
    assert order.display_status == shown_as
    assert timeline(order).count(kind) == 1
    assert (event.kind, event.by, str(event.operation_id)) == (
        kind,
        f"staff:{client.member.pk}",
        form["operation_id"],
    )
    assert (event.reason, event.note) == (given.get("reason", ""), given.get("note", ""))
    assert len({tuple(said(answer)) for answer in answers}) == 1
    assert {answer.redirect_chain[0][0] for answer in answers} == {
        f"/admin/orders/order/{order.pk}/change/"
    }


@pytest.mark.parametrize("action", ["note", "delay", "cancel"])
def test_note_field_says_who_reads_it(action):
    page = support().get(url_of(states.captured(), action)).content.decode()

    assert "All who may see the order read it in the timeline: no names" in page


def test_delivery_is_captured_as_it_is_stored():
    order = states.reserved()
    update_details(order=order, changes=ADDRESS, by=BY)
    client = support()
    form = fill_in(client, order, "capture")

    answer = client.post(url_of(order, "capture"), form, follow=True)
    again = client.post(url_of(order, "capture"), form, follow=True)

    order = Order.objects.select_related("product").get(pk=order.pk)
    assert said(answer) == said(again) == ["The delivery details are captured."]
    assert timeline(order) == ["reservation", "details", "capture"]
    assert (order.expires_at, order.product.stock, order.product.reserved) == (None, 9, 0)


def test_delivery_that_is_incomplete_is_refused_with_what_is_missing():
    order = states.reserved()
    client = support()
    before = everything()

    page = client.get(url_of(order, "capture"))
    answer = client.post(url_of(order, "capture"), {})

    why_not = "Missing: address line 1, city, country, postal code."
    assert buttons_of(client, order)["Capture delivery"] == why_not
    assert [page.context["warnings"], answer.context["warnings"]] == [[why_not]] * 2
    assert everything() == before
    assert timeline(order) == ["reservation"]


def test_address_that_is_captured_is_shown_before():
    order = states.reserved()
    update_details(order=order, changes=ADDRESS, by=BY)
    shown = "It goes to John Doe, Main St 1, Apt 3, 90210 Los Angeles, CA, US, john@example.com."

    lines = [
        client.get(url_of(order, "capture")).context["lines"][1]
        for client in (support(), masked("orders.fulfil_order"))
    ]

    assert lines == [shown, "It goes to an address that is hidden from you."]


def test_address_that_changed_meanwhile_is_not_captured_before_it_was_looked_at():
    order = states.reserved()
    update_details(order=order, changes=ADDRESS, by=BY)
    client = support()
    form = fill_in(client, order, "capture")
    update_details(order=order, changes={"address_line1": "Elsewhere 99"}, by=BY)

    answer = client.post(url_of(order, "capture"), form)
    seen = Order.objects.get(pk=order.pk).delivery.captured_at
    client.post(url_of(order, "capture"), fields_of(answer))

    assert errors_of(answer) == {
        "__all__": ["The delivery details have changed meanwhile. Look at what is stored now."]
    }
    assert "Elsewhere 99" in answer.context["lines"][1]
    assert seen is None
    assert Order.objects.get(pk=order.pk).delivery.captured_at


def test_tracking_number_that_changed_meanwhile_is_not_overwritten():
    order = states.captured()
    client = support()
    form = fill_in(client, order, "track", tracking_number="JD1")
    register_tracking(order=order, tracking_number="OTHER-1", by=BY)
    before = everything()

    answer = client.post(url_of(order, "track"), form)
    unmoved = everything()
    client.post(url_of(order, "track"), fields_of(answer))

    assert errors_of(answer) == {
        "__all__": ["The tracking number has changed meanwhile. Look at what is stored now."]
    }
    about, line = answer.context["lines"]
    assert about.endswith(": sent under OTHER-1; 100 COIN paid.")
    assert line == "It was sent under OTHER-1: another number replaces it."
    assert unmoved == before
    assert Order.objects.get(pk=order.pk).delivery.tracking_number == "JD1"


def test_field_that_shipping_needs_is_refused_where_it_stands():
    order = states.captured()
    client = support()

    answer = client.post(url_of(order, "details"), fill_in(client, order, "details", city=""))

    assert errors_of(answer) == {"city": ["This field is required."]}


def test_details_that_changed_meanwhile_are_not_overwritten():
    order = states.captured()
    client = support()
    form = fill_in(client, order, "details", city="London")
    update_details(order=order, changes={"city": "Paris"}, by=BY)
    before = everything()

    answer = client.post(url_of(order, "details"), form)

    unmoved = everything()
    client.post(url_of(order, "details"), fields_of(answer))

    assert errors_of(answer) == {
        "__all__": ["The delivery details have changed meanwhile. Look at what is stored now."],
        "city": ["Stored is: Paris."],
    }
    assert unmoved == before
    assert Order.objects.get(pk=order.pk).delivery.city == "London"


def test_details_sent_as_they_are_change_nothing():
    order = states.captured()
    client = support()

    answer = client.post(url_of(order, "details"), fill_in(client, order, "details"))

    assert errors_of(answer) == {"__all__": ["No details were given"]}


@pytest.mark.parametrize(
    ("action", "given", "errors"),
    [
        ("track", {}, {"tracking_number": ["This field is required."]}),
        ("delay", {}, {"reason": ["This field is required."]}),
        ("note", {"note": " "}, {"note": ["This field is required."]}),
        ("details", {"email": "x"}, {"email": ["Enter a valid email address."]}),
        ("track", {"tracking_number": "A\x1b[31m"}, {"tracking_number": [NOT_ONE_LINE]}),
        ("details", {"city": "A\nB"}, {"city": [NOT_ONE_LINE]}),
        ("details", {"email": '"a\x07b"@example.com'}, {"email": [NOT_ONE_LINE]}),
    ],
)
def test_form_says_what_is_wrong_with_it(action, given, errors):
    order = states.captured()
    client = support()

    answer = client.post(url_of(order, action), fill_in(client, order, action, **given))

    assert errors_of(answer) == errors
    assert timeline(order) == ["reservation", "capture"]


def test_state_that_changed_since_the_page_was_opened_is_told_without_a_form():
    order = states.captured()
    client = support()
    form = fill_in(client, order, "track", tracking_number="JD1")
    client.post(url_of(order, "complete"), fill_in(client, order, "complete"))

    answer = client.post(url_of(order, "track"), form)

    assert answer.context["warnings"] == ["An order is sent while it is reserved; it is completed."]
    assert timeline(order) == ["reservation", "capture", "acquisition"]


def test_pages_tell_what_they_do():
    client = support()
    with_loot = states.captured(product=ProductFactory(loot=LootFactory()))
    lines = {
        action: client.get(url_of(order, action)).context["lines"][1:]
        for action, order in [
            ("complete", with_loot),
            ("track", states.sent()),
            ("delay", states.delayed()),
        ]
    }

    assert lines == {
        "complete": [
            "The player has got it: the order is acquired, its unit is out of stock.",
            "The player's inventory is given the loot of the product.",
        ],
        "track": ["It was sent under TRACK-1: another number replaces it."],
        "delay": ["It is delayed already: Held by customs."],
    }


def test_operation_of_another_order_is_not_taken_for_done():
    first, second = states.captured(), states.captured()
    client = support()
    form = fill_in(client, first, "track", tracking_number="JD1")
    client.post(url_of(first, "track"), form)

    answer = client.post(url_of(second, "track"), form)

    assert errors_of(answer) == {"__all__": ["The operation id is in use."]}
    assert timeline(second) == ["reservation", "capture", "refused"]
