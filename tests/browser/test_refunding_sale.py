"""Staff give money back for an item of a sale, on a phone and on a wide window."""

from decimal import Decimal

import pytest

from orders.models import Order, Payment
from orders.services.make_sandbox import make_sandbox
from tests.factories import OfferFactory
from tests.orders.admin.asking import url_of
from tests.orders.looking import timeline
from tests.orders.paying import a_paid_sale

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_item_is_refunded_once_however_often_it_is_clicked(staff_page):
    make_sandbox()
    mug = OfferFactory(name="Mug", base_price=Decimal("12.00"), currency="USD")
    order = a_paid_sale(mug, OfferFactory(base_price=Decimal("24.50"), currency="USD"))
    item = order.lines.order_by("position")[0]

    staff_page.goto(f"/admin/orders/order/{order.pk}/change/")
    assert fits(staff_page)
    staff_page.get_by_role("link", name="Refund", exact=True).click()
    staff_page.get_by_label("For").select_option(value=item.code)
    staff_page.get_by_label("How much (USD)").fill("13")
    staff_page.get_by_label("Reason").select_option(label="The package was lost")
    staff_page.get_by_role("button", name="Show what it does").click()
    staff_page.get_by_text("more than the 12.00 USD").wait_for()
    assert fits(staff_page)
    staff_page.get_by_label("How much (USD)").fill("12")
    staff_page.get_by_role("button", name="Show what it does").click()
    staff_page.get_by_text("12.00 USD of the 36.50 USD that was paid goes back").wait_for()
    assert fits(staff_page)
    assert "refund" not in timeline(order)  # only shown so far
    staff_page.get_by_role("button", name="Refund it").dblclick()
    staff_page.wait_for_url(f"**{url_of(order, 'change')}")

    staff_page.get_by_text("The refund is requested").first.wait_for()
    refund = Payment.objects.get(order=order, kind="refund")
    assert (refund.amount, refund.line_id) == (Decimal("12.00"), item.pk)
    assert Order.objects.get(pk=order.pk).refunded == Decimal("12.00")
