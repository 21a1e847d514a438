"""The payment page as a buyer sees it, on a phone and on a wide window, without JavaScript."""

from decimal import Decimal

import pytest

from orders.models import Order, PaymentGateway
from orders.services.settle_payments import settle_payment
from tests.factories import OfferFactory, ProductFactory
from tests.orders.conftest import stripe_books  # noqa: F401 - a fixture
from tests.orders.selling import a_customer, a_sale

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sold(**fields):
    names = {"Captain's compass": "79.99", "Brass lantern " + "of the deep " * 8: "20.00"}
    offers = [
        OfferFactory(product=ProductFactory(name=name), base_price=Decimal(price))
        for name, price in names.items()
    ]
    return a_sale(*offers, customer=a_customer(email="ada@example.com"), **fields)


@pytest.fixture
def order():
    return sold()


def heading(page):
    return page.get_by_role("heading", level=1).inner_text()


def press(page, name, **how):
    page.get_by_role("button", name=name, exact=True).click(**how)


def status(order):
    order = Order.objects.get(pk=order.pk)
    return order.status, [*order.payments.order_by("pk").values_list("status", flat=True)]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_buyer_leaves_is_declined_and_pays(page, order):
    page.goto(order.payment_url)
    assert heading(page) == "Pay 99.99 USD"
    assert page.get_by_role("row", name="Total").inner_text().split() == ["Total", "99.99", "USD"]
    assert fits(page)
    for target in page.locator("button:visible").all():
        assert target.bounding_box()["height"] >= 44

    page.get_by_role("link", name="Leave without paying").click()
    assert "nothing was taken" in page.get_by_role("status").inner_text()
    assert status(order) == ("pending_payment", [])

    press(page, "Have it declined")
    assert heading(page) == "The payment was refused"
    assert status(order) == ("payment_failed", ["failed"])
    assert fits(page)

    press(page, "Pay 99.99 USD")
    assert heading(page) == "Thank you, it is paid"
    assert page.locator("form").count() == 0
    assert status(order) == ("processing", ["failed", "completed"])
    assert fits(page)


def test_impatience_pays_once(page, order):
    page.goto(order.payment_url)
    press(page, "Pay 99.99 USD", click_count=2)
    page.get_by_role("heading", name="Thank you, it is paid").wait_for()

    page.go_back()
    assert heading(page) == "Thank you, it is paid"
    page.reload()

    assert status(order) == ("processing", ["completed"])


def test_old_window_does_not_pay_again(page, order):
    page.goto(order.payment_url)
    newer = page.context.new_page()
    newer.goto(order.payment_url)
    press(newer, "Pay 99.99 USD")
    newer.get_by_role("heading", name="Thank you, it is paid").wait_for()

    press(page, "Pay 99.99 USD")

    assert heading(page) == "Thank you, it is paid"
    assert status(order) == ("processing", ["completed"])


def test_answer_that_is_lost_is_waited_for(page, order):
    page.goto(order.payment_url)
    press(page, "Pay, and lose the answer")
    assert heading(page) == "Your payment is on its way"
    assert page.get_by_role("button").count() == 0
    assert fits(page)

    settle_payment(order.payments.get().pk)
    page.get_by_role("link", name="Look again").click()

    assert heading(page) == "Thank you, it is paid"
    assert status(order) == ("processing", ["completed"])


def test_keyboard_is_enough(page, order):
    page.goto(order.payment_url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you, it is paid").wait_for()

    assert status(order) == ("processing", ["completed"])


def test_gateway_of_its_own_page_is_visited_and_left(page, stripe_books):  # noqa: F811
    PaymentGateway.objects.create(pk="stripe_1", name="Stripe", kind="stripe")
    order = sold(gateway_id="stripe_1")

    def checkout(route):
        key = route.request.url.rpartition("/")[2]
        stripe_books.buyer_pays(key)
        back = stripe_books.sessions[key]["success_url"]
        route.fulfill(content_type="text/html", body=f'<a href="{back}">Paid, go back</a>')

    page.route("https://checkout.stripe.com/**", checkout)
    page.goto(order.payment_url)
    assert fits(page)
    press(page, "Pay 99.99 USD")
    page.get_by_role("link", name="Paid, go back").click()

    assert heading(page) == "Thank you, it is paid"
    assert status(order) == ("processing", ["completed"])


def test_browser_keeps_and_passes_on_nothing(page, order):
    asked = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - it marks what it calls

    page.goto(order.payment_url)
    press(page, "Have it declined")

    assert page.context.cookies() == []
    told = [request.headers.get("referer", "") for request in asked]
    assert [address for address in told if order.payment_token in address] == []
    home = order.payment_url.partition("/pay?")[0]
    assert [request.url for request in asked if not request.url.startswith(home)] == []
    assert page.locator("script").count() == 0
