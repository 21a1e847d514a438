"""Sales that two change at once: real threads, and controls without the lock."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Product
from catalog.services.lock_products import lock_products
from config.errors import Refusal
from orders.gateways.sandbox import SandboxGateway
from orders.models import Order
from orders.services import act_on_items as acting
from orders.services import change_sale_status as changing
from orders.services import create_sale as selling
from orders.services.audit_all_ledgers import audit_all_ledgers
from orders.services.cancel_sale import cancel_sale
from orders.services.cancel_sales import cancel_sales
from orders.services.expire_orders import expire_orders
from orders.services.lock_order import lock_order
from orders.services.settle_payments import settle_payments
from tests.factories import OfferFactory
from tests.orders.looking import timeline
from tests.orders.paying import a_paid_sale, money, pay, payments
from tests.orders.selling import BY, a_customer, a_sale, draft_of
from tests.threads import Gate, blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

STAFF = "staff:1"


@pytest.fixture(autouse=True)
def patience(settings):
    """Nobody is turned away because this machine is slow."""
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)


@pytest.fixture
def gate_after(monkeypatch):
    """Put a gate after a function of a module or class: what it did is done, its caller waits."""
    gates = []

    def put(owner, name):
        gate, function = Gate(), getattr(owner, name)
        gates.append(gate)

        def go_and_stop(*args, **kwargs):
            result = function(*args, **kwargs)
            gate.stop(name)
            return result

        monkeypatch.setattr(owner, name, go_and_stop)
        return gate

    yield put
    for gate in gates:
        gate.open()


def outcome(future):
    """The status that was reached, or the code of the refusal."""
    try:
        return future.result().status
    except Refusal as refusal:
        return refusal.code


def confirm(order):
    return changing.change_sale_status(order, to=Order.Status.PROCESSING, note="", by=STAFF)


def cancel_item(order, place=0):
    line = order.lines.get(position=place)
    asked = acting.ItemAction(item_code=line.code, action="cancel", reason="Out of stock")
    return acting.act_on_items(order, actions=[asked], by=BY)[0]


def fresh(order):
    return Order.objects.get(pk=order.pk)


def reserved():
    return sum(Product.objects.values_list("reserved", flat=True))


def findings():
    """What the books say is wrong."""
    return [each["finding"] for each in audit_all_ledgers(limit=10)["findings"]]


# --- The last units -----------------------------------------------------------------------------


def test_last_units_of_two_offers_are_sold_to_one_of_many():
    offers = [OfferFactory(product__units=3) for _ in range(2)]
    ways = [draft_of(*offers, quantity=2), draft_of(*reversed(offers), quantity=2)]
    buyers = [a_customer() for _ in range(40)]

    with threads(8) as start:
        with transaction.atomic():
            lock_products([offer.product_id for offer in offers])
            buying = [
                start(selling.create_sale, player=buyer, draft=ways[number % 2], by=BY)
                for number, buyer in enumerate(buyers)
            ]
            wait_until(lambda: blocked() == 8)
        outcomes = sorted(outcome(future) for future in buying)

    assert outcomes == ["inventory_short"] * 39 + ["pending_payment"]
    assert [*Product.objects.values_list("stock", "reserved")] == [(3, 2), (3, 2)]
    assert findings() == []


def test_order_under_one_code_is_made_once():
    customer, draft, code = a_customer(), draft_of(OfferFactory()), f"ord_{uuid4().hex[:16]}"

    with threads(8) as start:
        asking = [
            start(selling.create_sale, player=customer, draft=draft, by=BY, code=code)
            for _ in range(8)
        ]
        orders = {future.result().pk for future in asking}

    assert orders == {Order.objects.get(code=code).pk}
    assert reserved() == 1


# --- Paying and cancelling ----------------------------------------------------------------------


def test_cancelled_after_the_gateway_has_charged_gives_the_money_back(gate_after):
    order = a_sale()
    gate = gate_after(SandboxGateway, "confirm")

    with threads(2) as start:
        paying = start(pay, order)
        wait_until(lambda: gate.came)
        cancelling = start(cancel_sale, order, by=STAFF)
        assert outcome(cancelling) == "cancelled"
        gate.open()
        assert outcome(paying) == "completed"

    assert money(order) == ("cancelled", "completed", order.total, order.total)
    settle_payments(10)
    assert money(order) == ("cancelled", "refunded", order.total, order.total)
    assert [status for _, status, _ in payments(order)] == ["completed", "completed"]
    assert findings() == []


def test_cancelled_before_the_gateway_is_asked_takes_nothing(gate_after):
    order = a_sale()
    gate = gate_after(SandboxGateway, "prepare")

    with threads(2) as start:
        paying = start(pay, order)
        wait_until(lambda: gate.came)
        assert outcome(start(cancel_sale, order, by=STAFF)) == "cancelled"
        gate.open()
        assert outcome(paying) == "payment_refused"

    assert money(order) == ("cancelled", "voided", 0, 0)
    assert findings() == []


@pytest.mark.parametrize("times", range(4))
def test_paying_and_cancelling_at_once_ends_with_books_that_agree(times):
    orders = [a_sale() for _ in range(6)]

    with threads(4) as start:
        for order in orders[times % 2 :] + orders[: times % 2]:
            calls = [start(pay, order), start(cancel_sale, order, by=STAFF)]
            outcomes = [outcome(future) for future in calls]
            assert outcomes[1] in {"cancelled", "payment_in_flight"}
    settle_payments(100)

    for order in orders:
        status, payment_status, charged, refunded = money(order)
        assert (status == "cancelled") == (charged == refunded)
        assert payment_status in {"voided", "refunded", "completed"}
    assert reserved() == sum(money(order)[0] == "processing" for order in orders)
    assert findings() == []


def test_payment_by_token_and_by_hand_is_one_charge(gate_after):
    order = a_sale()
    gate = gate_after(SandboxGateway, "confirm")

    with threads(2) as start:
        paying = start(pay, order)
        wait_until(lambda: gate.came)
        assert outcome(start(confirm, order)) == "processing"
        gate.open()
        assert outcome(paying) == "completed"

    assert payments(order) == [("charge", "completed", order.total)]
    assert money(order) == ("processing", "completed", order.total, 0)
    assert findings() == []


def test_confirmed_twice_at_once_is_one_charge():
    order = a_sale()

    with threads(4) as start:
        outcomes = [outcome(each) for each in [start(confirm, order) for _ in range(4)]]

    assert outcomes == ["processing"] * 4
    assert payments(order) == [("charge", "completed", order.total)]
    assert timeline(order) == ["creation", "status"]


def test_confirmed_twice_without_the_lock_is_stopped_by_the_constraint(monkeypatch):
    order, gate = a_sale(), Gate()

    def look(pk):
        seen = Order.objects.get(pk=pk)
        gate.stop(pk)
        return seen

    monkeypatch.setattr(changing, "lock_order", look)

    with threads(2) as start:
        confirming = [start(confirm, order) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        errors = [future.exception() for future in confirming]

    assert sorted(type(error) for error in errors if error) == [IntegrityError]
    assert "one_live_charge_per_order" in str(next(filter(None, errors)))


def test_payment_that_comes_through_while_the_order_runs_out_is_kept_or_given_back(gate_after):
    order = a_sale()
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    gate = gate_after(SandboxGateway, "confirm")

    with threads(2) as start:
        paying = start(pay, order)
        wait_until(lambda: gate.came)
        assert start(expire_orders, 10).result() == 0
        gate.open()
        assert outcome(paying) == "completed"

    assert money(order) == ("processing", "completed", order.total, 0)
    assert reserved() == 1
    assert findings() == []


# --- Items --------------------------------------------------------------------------------------


def test_item_that_two_cancel_is_refunded_once():
    order = a_paid_sale(OfferFactory(), OfferFactory())

    with threads(2) as start:
        with transaction.atomic():
            lock_order(order.pk)
            cancelling = [start(cancel_item, order) for _ in range(2)]
            wait_until(lambda: blocked() == 2)
        outcomes = sorted(outcome(future) for future in cancelling)

    assert outcomes == ["cancelled", "order_state"]
    assert [kind for kind, *_ in payments(order)] == ["charge", "refund"]
    assert fresh(order).refunded == order.lines.get(position=0).amount
    assert findings() == []


def test_item_that_two_cancel_without_the_lock_is_stopped_by_the_constraint(monkeypatch):
    offer, gate = OfferFactory(), Gate()
    order = a_paid_sale(offer, OfferFactory())
    a_sale(offer)  # so that there would be a unit to set free for the second, too

    def look(pk):
        related = Order.objects.select_related("player").prefetch_related("lines")
        seen = related.get(pk=pk)
        gate.stop(pk)
        return seen

    monkeypatch.setattr(acting, "lock_order", look)

    with threads(2) as start:
        cancelling = [start(cancel_item, order) for _ in range(2)]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        errors = [future.exception() for future in cancelling]

    assert [type(error) for error in errors if error] == [IntegrityError]
    assert "one_stock_movement_of_a_kind_per_line" in str(next(filter(None, errors)))


def test_two_last_items_cancelled_at_once_end_the_order():
    order = a_paid_sale(OfferFactory(), OfferFactory())

    with threads(2) as start:
        with transaction.atomic():
            lock_order(order.pk)
            cancelling = [start(cancel_item, order, place) for place in (0, 1)]
            wait_until(lambda: blocked() == 2)
        assert [outcome(future) for future in cancelling] == ["cancelled"] * 2

    assert money(order) == ("cancelled", "completed", order.total, order.total)
    assert timeline(order)[-3:] == ["item_cancelled", "item_cancelled", "cancellation"]
    assert reserved() == 0
    assert findings() == []


def test_item_cancelled_while_the_buyer_pays_is_refunded_or_not_charged(gate_after):
    order = a_sale(OfferFactory(), OfferFactory())
    gate = gate_after(SandboxGateway, "confirm")

    with threads(2) as start:
        paying = start(pay, order)
        wait_until(lambda: gate.came)
        assert outcome(start(cancel_item, order)) == "cancelled"
        gate.open()
        assert outcome(paying) == "completed"

    line = order.lines.get(position=0)
    assert money(order) == ("processing", "completed", order.total, line.amount)
    assert findings() == []


# --- Many ---------------------------------------------------------------------------------------


def test_orders_that_two_cancel_in_bulk_are_each_cancelled_once():
    orders = [a_paid_sale() if number % 2 else a_sale() for number in range(10)]
    codes = [order.code for order in orders]

    def cancel(codes):
        return cancel_sales(codes, reason="Closing", by=BY, establishment_id=None)

    with threads(2) as start:
        calls = [start(cancel, codes), start(cancel, codes[::-1])]
        results = [{each.code: each.refusal for each in call.result()} for call in calls]

    for order in orders:
        assert sum(result[order.code] is None for result in results) == 1
        assert fresh(order).status == "cancelled"
        assert timeline(order).count("cancellation") == 1
        assert fresh(order).refunded == fresh(order).charged
    assert reserved() == 0
    assert findings() == []
