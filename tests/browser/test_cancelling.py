"""Staff cancel one order and many, on a phone and on a wide window."""

import pytest

from orders.models import Order, Payment
from tests.orders.admin.asking import url_of
from tests.orders.looking import timeline
from tests.orders.states import captured, completed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def choose(page):
    """Fill in the dialog: 30 coins back, the unit written off."""
    page.get_by_label("Give a part back").check()
    page.get_by_label("How many coins").fill("30")
    page.get_by_label("Write it off").check()
    page.get_by_label("Reason").select_option(label="The package was lost")
    page.get_by_role("button", name="Show what it does").click()


def test_one_order_is_cancelled_once_however_often_it_is_clicked(staff_page):
    order = completed()

    staff_page.goto(url_of(order, "cancel"))
    assert fits(staff_page)
    assert not staff_page.get_by_label("How many coins").is_visible()
    choose(staff_page)
    staff_page.get_by_text("30 of the 100 coins that were paid go back").wait_for()
    assert fits(staff_page)
    assert timeline(order)[-1] == "acquisition"  # only shown so far
    staff_page.get_by_role("button", name="Cancel it").dblclick()
    staff_page.wait_for_url(f"**/order/{order.pk}/change/")

    staff_page.get_by_text("The order is cancelled.").first.wait_for()
    assert timeline(order) == ["reservation", "capture", "acquisition", "cancellation"]
    refund = Payment.objects.get(order=order, kind="refund")
    assert refund.amount == 30
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.product.stock) == ("cancelled", 9)


def test_what_moved_since_it_was_shown_is_refused(staff_page):
    order = completed()
    staff_page.goto(url_of(order, "cancel"))
    choose(staff_page)
    staff_page.get_by_role("button", name="Cancel it").wait_for()
    other = staff_page.context.new_page()
    other.goto(url_of(order, "cancel"))
    choose(other)
    other.get_by_role("button", name="Cancel it").click()
    other.wait_for_url(f"**/order/{order.pk}/change/")

    staff_page.get_by_role("button", name="Cancel it").click()
    staff_page.wait_for_load_state()

    assert timeline(order).count("cancellation") == 1
    assert Payment.objects.filter(order=order, kind="refund").count() == 1


def test_many_orders_are_cancelled_at_once(staff_page):
    orders = [captured(), completed(), captured()]
    staff_page.goto("/admin/orders/order/")
    for box in staff_page.locator("input.action-select:visible").all():
        box.check()
    staff_page.locator("select[name=action]:visible").select_option(label="Cancel selected orders")
    staff_page.get_by_role("button", name="Run").click()

    staff_page.get_by_label("Reason").wait_for()
    assert fits(staff_page)
    staff_page.locator("input[name=coins]:visible").first.check()
    staff_page.get_by_label("Reason").select_option(label="The package was lost")
    staff_page.get_by_role("button", name="Show what it does").click()
    staff_page.get_by_role("button", name="Cancel 3 orders").dblclick()
    staff_page.get_by_role("table").first.wait_for()

    assert [timeline(order).count("cancellation") for order in orders] == [1, 1, 1]
    assert {*Order.objects.values_list("status", flat=True)} == {"cancelled"}
