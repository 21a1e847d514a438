"""Whatever is done with sales, in whatever order: stock, money and timeline agree.

The machine keeps books of its own, by the tables of DOMAIN 3.2, 3.7 and 3.9, and knows before each
step whether it is refused. After each step its books, the database and the questions of the audit
agree.
"""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from catalog.models import Product
from config.errors import Refusal
from inventory.services.audit_ledgers import QUESTIONS, TABLES, find_faults
from orders.models import Order, OrderLine
from orders.services.act_on_items import ItemAction, act_on_items
from orders.services.audit_all_ledgers import ORDER_QUESTIONS, ORDER_TABLES
from orders.services.cancel_sales import cancel_sales
from orders.services.change_sale_status import change_sale_status
from orders.services.create_sale import create_sale
from orders.services.expire_orders import expire_orders
from orders.services.sale_questions import SALE_QUESTIONS
from tests.factories import OfferFactory
from tests.orders.paying import pay, refund, settle_all
from tests.orders.selling import BY, a_customer, draft_of

PRICES = (Decimal("25.50"), Decimal(10), Decimal(0))
UNITS = 5
OPEN = ("pending", "verified")
UNPAID = ("pending_payment", "payment_failed")


@dataclass
class Line:
    offer: int
    quantity: int
    status: str = "pending"
    refunded: Decimal = Decimal(0)

    @property
    def amount(self):
        return self.quantity * PRICES[self.offer]


@dataclass
class Booked:
    """A sale in the books of the machine. `hidden`: the gateway's word on a charge in flight."""

    pk: int
    lines: list[Line]
    status: str = "pending_payment"
    total: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    done: Decimal = Decimal(0)
    hidden: str = ""
    asked: list[Decimal] = field(default_factory=list)

    @property
    def is_unpaid(self):
        return self.status in UNPAID

    @property
    def is_active(self):
        return self.is_unpaid or self.status == "processing"

    @property
    def refundable(self):
        return self.charged - self.refunded

    @property
    def open_lines(self):
        return [line for line in self.lines if line.status in OPEN]


class Sales(RuleBasedStateMachine):
    sales = Bundle("sales")

    def __init__(self):
        super().__init__()
        self._undone = ExitStack()
        self._undone.enter_context(transaction.atomic())
        self._undone.callback(transaction.set_rollback, True)

    def teardown(self):
        self._undone.close()

    @initialize(target=sales)
    def begin(self):
        self.customer = a_customer()
        self.offers = [OfferFactory(base_price=price, product__units=UNITS) for price in PRICES]
        self.stock, self.reserved = [UNITS] * 3, [0] * 3
        self.booked = []
        made = [self.sell([0, 1, 2], 1), self.sell([0, 1], 1), self.sell([2], 1)]
        self.settle_by_token(made[0], "tok_visa")
        return multiple(*made)

    # --- The steps ------------------------------------------------------------------------------

    @rule(
        target=sales,
        wanted=st.lists(st.integers(0, 2), min_size=1, max_size=3),
        quantity=st.integers(1, 2),
    )
    def create(self, wanted, quantity):
        return self.sell(wanted, quantity) or multiple()

    def sell(self, wanted, quantity):
        after = list(self.reserved)
        for offer in wanted:
            after[offer] += quantity
        possible = all(held <= stock for held, stock in zip(after, self.stock, strict=True))
        draft = draft_of(*[self.offers[offer] for offer in wanted], quantity=quantity)
        with self.expected(possible):
            order = create_sale(player=self.customer, draft=draft, by=BY)
            self.reserved = after
            sale = Booked(order.pk, [Line(offer, quantity) for offer in wanted])
            sale.total = sum((line.amount for line in sale.lines), Decimal(0))
            if not sale.total:
                sale.status = "processing"
            self.booked.append(sale)
            return sale

    @rule(
        sale=sales,
        token=st.sampled_from(
            ["tok_visa", "tok_chargeDeclined", "tok_timeout", "tok_timeoutBefore"]
        ),
    )
    def settle_by_token(self, sale, token):
        if sale.is_unpaid and not sale.hidden:
            if token == "tok_visa":
                self.take(sale)
            elif token == "tok_timeout":
                sale.hidden = "paid"
            elif token == "tok_timeoutBefore":
                sale.hidden = "open"
            else:
                sale.status = "payment_failed"
                with pytest.raises(Refusal):
                    pay(self.row(sale), token)
                return
            pay(self.row(sale), token)
            return
        is_again = sale.hidden or (sale.status == "processing" and sale.charged and not sale.done)
        with self.expected(is_again):
            pay(self.row(sale), token)

    @rule(sale=sales)
    def settle(self, sale):
        """The job asks the gateway for what is in flight."""
        settle_all(self.row(sale))
        if sale.hidden == "paid":
            self.take(sale)
        self.give_back(sale)

    @rule(
        sale=sales,
        to=st.sampled_from(["processing", "completed", "cancelled", "pending_payment"]),
    )
    def change(self, sale, to):
        if sale.is_unpaid and to in ("processing", "cancelled"):
            self.give_up(sale)
        same = sale.status == to
        possible = (
            same
            or {
                "processing": sale.is_unpaid,
                "completed": sale.status == "processing" and not self.is_all_refunded(sale),
                "cancelled": sale.is_active,
                "pending_payment": sale.status == "payment_failed",
            }[to]
        )
        with self.expected(possible):
            change_sale_status(self.row(sale), to=Order.Status(to), note="", by=BY)
            if same:
                return
            if to == "processing":
                sale.charged = sale.total
                sale.hidden = ""
            if to == "completed":
                for line in sale.open_lines:
                    line.status = "fulfilled"
                    self.stock[line.offer] -= line.quantity
                    self.reserved[line.offer] -= line.quantity
            if to == "cancelled":
                self.cancel_booked(sale)
            sale.status = to

    def is_all_refunded(self, sale):
        is_worth = any(line.amount for line in sale.open_lines)
        return bool(sale.charged and not sale.refundable and is_worth)

    @rule(sale=sales, place=st.integers(0, 2), action=st.sampled_from(["cancel", "verify"]))
    def act(self, sale, place, action):
        place %= len(sale.lines)
        line = sale.lines[place]
        allowed = OPEN if action == "cancel" else ("pending",)
        possible = sale.is_active and line.status in allowed
        if possible and action == "cancel" and sale.is_unpaid:
            self.give_up(sale)
        row = self.row(sale)
        code = OrderLine.objects.get(order=row, position=place).code
        asked = ItemAction(item_code=code, action=action, reason="Out of stock")
        with self.expected(possible):
            act_on_items(row, actions=[asked], by=BY)
            if action == "verify":
                line.status = "verified"
                return
            line.status = "cancelled"
            self.reserved[line.offer] -= line.quantity
            if sale.is_unpaid:
                sale.total -= line.amount
            else:
                back = min(sale.refundable, line.amount - line.refunded)
                self.ask_back(sale, back)
                line.refunded += back
            if not sale.open_lines:
                self.cancel_booked(sale)
                sale.status = "cancelled"
            elif sale.is_unpaid and not sale.total:
                sale.status = "processing"

    @rule(sale=sales)
    def cancel_in_bulk(self, sale):
        if sale.is_unpaid:
            self.give_up(sale)
        possible = sale.is_active
        row = self.row(sale)
        (result,) = cancel_sales([row.code], reason="", by=BY, establishment_id=None)
        assert (result.refusal is None) == possible
        if possible:
            self.cancel_booked(sale)
            sale.status = "cancelled"

    @rule(sale=sales, amount=st.sampled_from([Decimal("0.5"), Decimal(10), Decimal("35.5")]))
    def refund(self, sale, amount):
        with self.expected(0 < amount <= sale.refundable):
            refund(self.row(sale), amount)
            self.ask_back(sale, amount)

    @rule(sale=sales)
    def expire(self, sale):
        past = timezone.now() - timedelta(hours=1)
        waits = Order.objects.filter(pk=sale.pk, expires_at__isnull=False)
        assert waits.update(expires_at=past) == sale.is_unpaid
        if sale.is_unpaid:
            self.give_up(sale)
        ends = sale.is_unpaid
        assert expire_orders(limit=10) == ends
        if ends:
            self.cancel_booked(sale)
            sale.status = "cancelled"

    # --- The books ------------------------------------------------------------------------------

    def take(self, sale):
        sale.charged, sale.status, sale.hidden = sale.total, "processing", ""

    def give_up(self, sale):
        """What the gateway says when it is asked not to take the money."""
        if sale.hidden == "paid":
            self.take(sale)
        sale.hidden = ""

    def ask_back(self, sale, amount):
        sale.refunded += amount
        if amount:
            sale.asked.append(amount)

    def give_back(self, sale):
        sale.done += sum(sale.asked, Decimal(0))
        sale.asked.clear()
        if sale.status == "completed" and sale.done and sale.done == sale.charged:
            sale.status = "refunded"

    def cancel_booked(self, sale):
        for line in sale.open_lines:
            line.status = "cancelled"
            self.reserved[line.offer] -= line.quantity
        self.ask_back(sale, sale.refundable)

    @contextmanager
    def expected(self, possible):
        """The step is done where it is possible, else refused; a refusal moves nothing."""
        before, refused = self.counts(), None
        try:
            yield
        except Refusal as refusal:
            refused = refusal
        assert (refused is None) == bool(possible), refused
        if refused is not None:
            assert self.counts() == before

    def counts(self):
        products = [Product.objects.get(pk=offer.product_id) for offer in self.offers]
        orders = Order.objects.order_by("pk")
        return (
            [(product.stock, product.reserved) for product in products],
            list(orders.values_list("status", "total", "charged", "refunded")),
            list(OrderLine.objects.order_by("order", "position").values_list("status", flat=True)),
        )

    def row(self, sale):
        return Order.objects.get(pk=sale.pk)

    @invariant()
    def books_agree(self):
        if not hasattr(self, "booked"):
            return
        assert self.counts() == (
            list(zip(self.stock, self.reserved, strict=True)),
            [(each.status, each.total, each.charged, each.refunded) for each in self.booked],
            [line.status for each in self.booked for line in each.lines],
        )

    @invariant()
    def ledgers_agree(self):
        questions = QUESTIONS | ORDER_QUESTIONS | SALE_QUESTIONS
        assert find_faults(limit=5, tables=TABLES | ORDER_TABLES, questions=questions) == (0, [])


@pytest.mark.django_db
def test_stock_money_and_timeline_agree_after_every_step():
    run_state_machine_as_test(
        Sales,
        settings=settings(
            max_examples=5,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
