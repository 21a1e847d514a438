from decimal import Decimal
from uuid import uuid4

import pytest

from catalog.errors import StockShort
from catalog.models import Product
from catalog.services.correct_stock import correct_stock
from orders.errors import ActionsInvalid, ItemNotFound, PaymentInFlight, WrongState
from orders.models import Order
from orders.services import act_on_items as acting
from orders.services.act_on_items import ItemAction, act_on_items
from orders.services.change_sale_status import change_sale_status
from orders.services.settle_payments import settle_payments
from tests.factories import OfferFactory
from tests.orders.api.sales.states import STATES
from tests.orders.looking import announced, everything, last_event, timeline
from tests.orders.paying import an_authorized_sale, money, pay, payments, refund
from tests.orders.selling import a_customer, a_sale

pytestmark = pytest.mark.django_db

BY = "key:1"
PRICES = (10, 20, 30)


def offers(*prices):
    return [OfferFactory(base_price=Decimal(price)) for price in prices]


def a_sale_of(*prices, **fields):
    """One unit for each of the prices; by default for 10, 20 and 30."""
    return a_sale(*offers(*(prices or PRICES)), **fields)


def paid(order):
    pay(order)
    return now(order)


def now(order):
    return Order.objects.get(pk=order.pk)


def act(order, *places, action="cancel", reason="Out of stock", **values):
    """Do the same with the items at these places of the order."""
    lines = list(order.lines.order_by("position"))
    actions = [
        ItemAction(item_code=lines[place].code, action=action, reason=reason) for place in places
    ]
    return act_on_items(order, actions=actions, by=BY, **values)


def statuses(order):
    return [*order.lines.order_by("position").values_list("status", "stock")]


PENDING, VERIFIED = ("pending", "held"), ("verified", "held")
CANCELLED, FULFILLED = ("cancelled", "released"), ("fulfilled", "taken")


def test_item_is_verified():
    order = a_sale_of()

    lines = act(order, 1, action="verify", reason="")

    assert [line.status for line in lines] == ["verified"]
    assert statuses(order) == [PENDING, VERIFIED, PENDING]
    event = last_event(order)
    assert (event.kind, event.by, event.note, event.before, event.after) == (
        "verification",
        BY,
        "",
        {"item": lines[0].code, "status": "pending"},
        {"item": lines[0].code, "status": "verified"},
    )
    assert money(order) == ("pending_payment", "pending", 0, 0)


def test_there_is_nothing_for_which_verifying_could_be_refused():
    """Its unit stays held, and what was bought is owed, whatever becomes of product and offer."""
    offer = OfferFactory(base_price=Decimal(10))
    order = paid(a_sale(offer))
    correct = {"product": offer.product, "by": "staff:1", "note": "", "seen": 10}
    with pytest.raises(StockShort):
        correct_stock(change=-10, operation_id=uuid4(), **correct)
    correct_stock(change=-9, operation_id=uuid4(), **correct)
    for sold in (offer, Product.objects.get()):
        sold.retire()
        sold.save()

    act(order, 0, action="verify", reason="")

    assert statuses(order) == [VERIFIED]
    change_sale_status(order, to=Order.Status.COMPLETED, note="", by=BY)
    assert Product.objects.values_list("stock", "reserved").get() == (0, 0)


def test_item_of_an_unpaid_order_is_cancelled_and_the_order_costs_less():
    order = a_sale_of()

    lines = act(order, 2, 0)

    assert [(line.position, line.status) for line in lines] == [(2, "cancelled"), (0, "cancelled")]
    assert now(order).total == 20
    assert statuses(order) == [CANCELLED, PENDING, CANCELLED]
    assert sorted(Product.objects.values_list("stock", "reserved")) == [(10, 0), (10, 0), (10, 1)]
    assert timeline(order) == ["creation", "item_cancelled", "item_cancelled"]
    event = last_event(order)
    assert (event.note, event.before, event.after) == (
        "Out of stock",
        {"item": lines[1].code, "status": "pending", "total": "30.00"},
        {"item": lines[1].code, "status": "cancelled", "total": "20.00"},
    )
    pay(now(order))
    assert money(order) == ("processing", "completed", 20, 0)


def test_item_of_a_paid_order_is_cancelled_and_its_price_asked_back():
    order = paid(a_sale_of())

    act(order, 1)

    assert (now(order).total, *money(order)) == (60, "processing", "completed", 60, 20)
    assert payments(order)[1:] == [("refund", "requested", 20)]
    assert order.payments.get(kind="refund").line == order.lines.get(position=1)
    event = last_event(order)
    assert (event.before["refunded"], event.after["refunded"]) == ("0.00", "20.00")
    settle_payments(10)
    assert money(order) == ("processing", "partially_refunded", 60, 20)
    assert announced(order) == ["order.created", "order.paid", "order.refunded"]


def test_what_was_given_back_before_is_not_given_back_again():
    order = paid(a_sale_of(10, 20))
    refund(order, 25)

    act(order, 1)

    assert money(order)[2:] == (30, 30)
    assert payments(order)[1:] == [("refund", "requested", 25), ("refund", "requested", 5)]


def test_part_of_an_item_that_was_refunded_counts():
    order = paid(a_sale_of(10, 20))
    refund(order, 15, line=order.lines.get(position=1))

    act(order, 1)

    assert money(order)[2:] == (30, 20)


def test_item_that_cost_nothing_asks_nothing_back():
    order = paid(a_sale_of(0, 20))

    act(order, 0)

    assert payments(order) == [("charge", "completed", 20)]
    assert money(order) == ("processing", "completed", 20, 0)


@pytest.mark.parametrize("is_paid", [True, False])
def test_order_is_cancelled_with_its_last_item(is_paid):
    order = a_sale_of(10, 20)
    order = paid(order) if is_paid else order
    act(order, 0)

    lines = act(order, 1)

    assert [line.status for line in lines] == ["cancelled"]
    assert statuses(order) == [CANCELLED, CANCELLED]
    assert now(order).display_status == "cancelled"
    assert timeline(order)[-2:] == ["item_cancelled", "cancellation"]
    assert announced(order)[-1] == "order.cancelled"
    if is_paid:
        assert (now(order).total, *money(order)) == (30, "cancelled", "completed", 30, 30)
        assert payments(order)[1:] == [("refund", "requested", 10), ("refund", "requested", 20)]
    else:
        assert (now(order).total, *money(order)) == (0, "cancelled", "voided", 0, 0)


def test_order_of_which_only_gifts_are_left_goes_on_without_a_payment():
    order = a_sale_of(0, 20)

    act(order, 1)

    assert (now(order).total, *money(order)) == (0, "processing", "completed", 0, 0)
    assert now(order).expires_at is None
    assert timeline(order) == ["creation", "item_cancelled", "status"]
    assert announced(order) == ["order.created", "order.paid"]


def test_what_is_left_is_completed():
    order = paid(a_sale_of())
    act(order, 0)
    act(order, 1, action="verify")

    change_sale_status(order, to=Order.Status.COMPLETED, note="", by=BY)

    assert statuses(order) == [CANCELLED, FULFILLED, FULFILLED]
    assert sorted(Product.objects.values_list("stock", "reserved")) == [(9, 0), (9, 0), (10, 0)]


@pytest.mark.parametrize("action", ["cancel", "verify"])
@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        ("awaiting payment", True),
        ("payment failed", True),
        ("processing", True),
        ("completed", False),
        ("cancelled", False),
    ],
)
def test_items_of_every_state(state, is_open, action):
    order = STATES[state](a_sale_of(10, 20))
    before = everything()

    if is_open:
        (line,) = act(order, 0, action=action)
        assert line.status == {"cancel": "cancelled", "verify": "verified"}[action]
    else:
        with pytest.raises(WrongState):
            act(order, 0, action=action)
        assert everything() == before


def test_verified_item_is_cancelled_but_not_verified_again():
    order = a_sale_of()
    act(order, 0, action="verify")
    before = everything()

    with pytest.raises(WrongState):
        act(order, 0, action="verify")

    assert everything() == before
    assert act(order, 0)[0].status == "cancelled"
    with pytest.raises(WrongState):
        act(order, 0)
    with pytest.raises(WrongState):
        act(order, 0, action="verify")


def test_one_refusal_keeps_all_from_being_done():
    order = a_sale_of()
    act(order, 2)
    before = everything()

    with pytest.raises(WrongState):
        act(order, 0, 1, 2)

    assert everything() == before
    assert timeline(order) == ["creation", "item_cancelled", "refused"]


def test_item_of_another_order_is_not_found():
    order, other = a_sale_of(), a_sale_of()
    code = other.lines.first().code
    before = everything()

    with pytest.raises(ItemNotFound):
        act_on_items(order, actions=[ItemAction(item_code=code, action="verify")], by=BY)

    assert everything() == before


@pytest.mark.parametrize(
    ("places", "reason"), [((), "No"), ((0, 0), "Twice"), ((0,), ""), ((0,), " \n")]
)
def test_actions_that_make_no_sense_are_refused(places, reason):
    order = a_sale_of()
    before = everything()

    with pytest.raises(ActionsInvalid):
        act(order, *places, reason=reason)

    assert everything() == before


def test_open_payment_is_given_up_before_the_order_costs_less():
    order = STATES["in flight"](a_sale_of())

    act(order, 0)

    assert payments(order) == [("charge", "voided", 60)]
    assert (now(order).total, *money(order)) == (50, "pending_payment", "pending", 0, 0)


def test_payment_that_came_through_meanwhile_is_kept_and_the_item_refunded():
    order = a_sale_of()
    pay(order, "tok_timeout")

    act(order, 0)

    assert (now(order).total, *money(order)) == (60, "processing", "completed", 60, 10)


def test_refused_action_gives_up_no_payment():
    order = a_sale_of()
    act(order, 0)
    order = STATES["in flight"](now(order))
    before = everything()

    with pytest.raises(WrongState):
        act(order, 0, 1)

    assert everything() == before


def test_item_is_verified_while_the_buyer_pays():
    order = STATES["in flight"](a_sale_of())

    act(order, 0, action="verify")

    assert payments(order) == [("charge", "pending", 60)]


def test_item_is_not_cancelled_while_the_fate_of_a_payment_is_unknown(monkeypatch):
    monkeypatch.setattr(acting, "give_up_pending", lambda *_, **__: None)
    order = STATES["in flight"](a_sale_of())
    before = everything()

    with pytest.raises(PaymentInFlight):
        act(order, 0)

    assert everything() == before


def test_item_is_not_cancelled_while_money_for_it_is_set_aside():
    order = an_authorized_sale(*offers(10, 20))
    before = everything()

    with pytest.raises(WrongState, match="capture it, or void it"):
        act(order, 0)

    assert everything() == before


@pytest.mark.parametrize("places", [(0,), (0, 1, 2)])
def test_operation_is_done_once(places):
    order, operation_id = paid(a_sale_of()), uuid4()
    act(order, *places, operation_id=operation_id)
    before, told = everything(), timeline(order)

    lines = act(order, *places, operation_id=operation_id)

    assert [line.status for line in lines] == ["cancelled"] * len(places)
    assert (everything(), timeline(order)) == (before, told)


def test_many_units_of_one_product_are_free_again():
    offer = OfferFactory(base_price=Decimal("0.33"))
    order = a_sale(offer, offer, customer=a_customer(), quantity=3)

    act(order, 1)

    assert now(order).total == Decimal("0.99")
    product = Product.objects.get()
    assert (product.stock, product.reserved) == (10, 3)
