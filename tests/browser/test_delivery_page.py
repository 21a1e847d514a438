"""The delivery page as a player sees it, on a phone and on a wide window, without JavaScript."""

import pytest

from catalog.models import Product
from orders.models import Delivery
from orders.services.register_tracking import register_tracking
from tests.factories import ProductFactory
from tests.orders import states
from tests.orders.reserving import ADDRESS, a_player, a_reservation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = "**saved=*#saved"
LABELS = {
    "First name": "Ada",
    "Last name": "Lovelace",
    "Street and number": "St James's Square 12",
    "Postal code": "SW1Y 4JH",
    "City": "London",
    "Country": "United Kingdom",
    "E-mail": "ada@example.com",
}


@pytest.fixture
def order():
    player = a_player(first_name="Ada", last_name="Lovelace", email="ada@example.com")
    return a_reservation(player=player, product=ProductFactory(name="Captain's compass"))


def heading(page):
    return page.get_by_role("heading", level=1).inner_text()


def box(page, label):
    return page.get_by_label(label)


def kinds(order):
    return list(order.events.order_by("number").values_list("kind", flat=True))


def test_player_types_the_address_and_follows_the_order(page, order):
    page.goto(order.delivery.track_url)
    assert heading(page) == "Where should it be sent?"
    assert box(page, "First name").input_value() == "Ada"

    # What is missing is said at the top, which has the focus, and leads to the field.
    box(page, "Street and number").fill(LABELS["Street and number"])
    box(page, "E-mail").fill("nobody")
    page.get_by_role("button", name="Confirm the address").click()
    assert page.title().startswith("Error: ")
    assert page.locator("[role=alert]:focus").count() == 1
    page.get_by_role("link", name="Enter your city.").click()
    assert page.locator("#id_city:focus").count() == 1
    assert box(page, "Street and number").input_value() == LABELS["Street and number"]
    assert box(page, "E-mail").input_value() == "nobody"
    assert kinds(order) == ["reservation"]

    for label, text in LABELS.items():
        box(page, label).fill(text)
    page.get_by_role("button", name="Confirm the address").click()
    assert heading(page) == "Thank you, all is confirmed"
    assert page.get_by_role("status").inner_text() == "Saved."
    assert "SW1Y 4JH London" in page.locator("address").inner_text()
    delivery = Delivery.objects.get(order=order)
    assert (delivery.first_name, delivery.city) == ("Ada", "London")
    assert delivery.captured_at is not None

    # The form is out of the way until it is wanted.
    assert not box(page, "City").is_visible()
    page.get_by_text("Change the address").click()
    box(page, "City").fill("Paris")
    page.get_by_role("button", name="Save the changes").click()
    assert "SW1Y 4JH Paris" in page.locator("address").inner_text()

    register_tracking(order=order, tracking_number="1Z 999 AA1", by="staff:1")
    page.goto(order.delivery.track_url)
    assert heading(page) == "It is on its way"
    assert page.get_by_text("1Z 999 AA1", exact=True).is_visible()
    assert page.locator("form").count() == 0
    assert kinds(order) == ["reservation", "capture", "details", "tracking"]


def test_impatience_does_nothing_twice(page, order):
    page.goto(order.delivery.track_url)
    for label, text in LABELS.items():
        box(page, label).fill(text)
    page.get_by_role("button", name="Confirm the address").dblclick()
    page.wait_for_url(SAVED)

    page.go_back()  # shows what is stored, not what was typed before it was
    assert heading(page) == "Thank you, all is confirmed"
    page.get_by_text("Change the address").click()
    page.get_by_role("button", name="Save the changes").click()
    page.wait_for_url(SAVED)
    page.reload()

    assert kinds(order) == ["reservation", "capture"]
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (9, 0)


def test_old_window_does_not_overwrite_a_newer_one(page):
    order = states.captured()
    page.goto(order.delivery.track_url)
    newer = page.context.new_page()
    newer.goto(order.delivery.track_url)
    newer.get_by_text("Change the address").click()
    box(newer, "City").fill("Paris")
    newer.get_by_role("button", name="Save the changes").click()
    newer.wait_for_url(SAVED)

    page.get_by_text("Change the address").click()
    box(page, "City").fill("Rome")
    page.get_by_role("button", name="Save the changes").click()

    assert page.get_by_role("alert").get_by_role("heading").inner_text() == "Not saved"
    assert "90210 Paris" in page.locator("address").inner_text()
    assert box(page, "City").input_value() == "Rome"
    page.get_by_role("button", name="Save the changes").click()
    assert "90210 Rome" in page.locator("address").inner_text()


def test_keyboard_is_enough(page, order):
    page.goto(order.delivery.track_url)
    page.keyboard.press("Tab")
    for text in ("Ada", "King", "Main St 1", "Apt 3", "90210", "Los Angeles", "CA", "US"):
        page.keyboard.insert_text(text)  # over what is there: tabbing into a box selects it
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(SAVED)

    delivery = Delivery.objects.get(order=order)
    typed = {name: getattr(delivery, name) for name in ADDRESS}
    assert typed == ADDRESS | {
        "first_name": "Ada",
        "last_name": "King",
        "email": "ada@example.com",
    }


@pytest.mark.parametrize("make", states.STATES)
def test_every_state_fits_the_window(page, make):
    order = make(product=ProductFactory(name="W" * 120))

    answer = page.goto(order.delivery.track_url)

    assert answer.status == 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for target in page.locator("button:visible, summary:visible, input:visible").all():
        assert target.bounding_box()["height"] >= 44


def test_browser_keeps_and_passes_on_nothing(page, order):
    asked = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - it marks what it calls

    page.goto(order.delivery.track_url)
    page.get_by_role("button").click()

    assert page.context.cookies() == []
    told = [request.headers.get("referer", "") for request in asked]
    assert [address for address in told if order.delivery.track_token in address] == []
    home = order.delivery.track_url.partition("/delivery")[0]
    assert [request.url for request in asked if not request.url.startswith(home)] == []
    assert page.locator("script").count() == 0
