"""Whatever is done with orders, in whatever order: every number is the sum of its ledger.

The machine keeps books of its own, by the table of DOMAIN 1.4, and knows before each step whether
it is refused. After each step its books, the database and the questions of the audit agree.
"""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

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
from catalog.services.correct_stock import correct_stock
from config.errors import Refusal
from inventory.errors import OrdersWaiting
from inventory.models import InventoryRecord
from inventory.services.audit_ledgers import QUESTIONS, TABLES, find_faults
from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.cancelling import Cancelling, Coins, LootPolicy, Stock
from orders.errors import LootNotTaken
from orders.models import Order
from orders.services.audit_all_ledgers import ORDER_QUESTIONS, ORDER_TABLES
from orders.services.cancel_order import cancel_order
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.expire_orders import expire_orders
from orders.services.refund_order import refund_order
from orders.services.register_tracking import register_tracking
from orders.services.reserve_reward import Reservation, reserve_reward
from orders.services.update_details import update_details
from orders.services.what_cancelling_does import what_cancelling_does
from orders.vocabulary import Reason
from players.models import Establishment, Player
from players.services.change_coins import change_coins
from tests.factories import EstablishmentFactory, ItemFactory, LootFactory, ProductFactory
from tests.orders.reserving import ADDRESS, a_player
from tests.placing import place, update

BY = "staff:1"
COINS = 250
UNITS = 3


@dataclass
class Booked:
    """An order in the books of the machine."""

    pk: int
    player: int
    product: int
    price: int
    status: str = "reserved"
    units: str = "held"
    tracked: bool = False
    refunded: Decimal = Decimal(0)

    @property
    def refundable(self):
        return self.price - self.refunded


class Orders(RuleBasedStateMachine):
    orders = Bundle("orders")
    players = st.integers(0, 1)
    products = st.integers(0, 1)

    def __init__(self):
        super().__init__()
        self._undone = ExitStack()
        self._undone.enter_context(transaction.atomic())
        self._undone.callback(transaction.set_rollback, True)

    def teardown(self):
        self._undone.close()

    @initialize(target=orders)
    def begin(self):
        """Each player has reserved each of the products; of two the player has got the goods."""
        establishment = EstablishmentFactory()
        change_coins(establishment, change=Decimal(100), by=BY)
        self.given_left = Decimal(100)
        self.people = [a_player(coins=COINS, establishment=establishment) for _ in range(2)]
        loot = LootFactory(item=ItemFactory(), quantity=5)
        self.goods = [
            ProductFactory(units=UNITS, price=100),
            ProductFactory(units=UNITS, price=70, kind="digital", loot=loot),
        ]
        self.coins = [Decimal(COINS)] * 2
        self.stock, self.reserved = [UNITS] * 2, [0] * 2
        self.active = [True] * 2
        self.booked = []
        made = [self.reserve_one(person, good) for person in (0, 1) for good in (0, 1)]
        for order, step in ((0, "send"), (1, "acquire"), (2, "send"), (2, "acquire")):
            getattr(self, step)(made[order], self.row(made[order]))
        return multiple(*made)

    # --- The steps ------------------------------------------------------------------------------

    @rule(target=orders, player=players, product=products)
    def reserve(self, player, product):
        return self.reserve_one(player, product) or multiple()

    def reserve_one(self, player, product):
        price = (100, 70)[product]
        open_already = any(
            (each.player, each.product, each.status) == (player, product, "reserved")
            for each in self.booked
        )
        possible = (
            self.active[product]
            and not open_already
            and self.stock[product] > self.reserved[product]
            and self.coins[player] >= price
        )
        reservation = Reservation(
            product_id=self.goods[product].pk, establishment=self.people[player].establishment
        )
        with self.expected(possible):
            order = reserve_reward(player=self.people[player], reservation=reservation, by=BY)
            self.coins[player] -= price
            self.reserved[product] += 1
            self.booked.append(Booked(order.pk, player, product, price))
            return self.booked[-1]

    @rule(order=orders, step=st.sampled_from(["details", "send", "track", "acquire"]))
    def go_on(self, order, step):
        """One rule, so that hypothesis tries them all together or not at all."""
        getattr(self, step)(order, self.row(order))

    def details(self, order, row):
        captured = order.product == 0 and order.units == "taken"
        with self.expected(order.status == "reserved" and not captured):
            update_details(order=row, changes={"city": ""}, by=BY)

    def send(self, order, row):
        with self.expected(order.status == "reserved"):
            capture_delivery(order=row, overrides=ADDRESS, by=BY)
            self.take(order)

    def track(self, order, row):
        with self.expected(order.status == "reserved" and order.units == "taken"):
            register_tracking(order=row, tracking_number=str(uuid4()), by=BY)
            order.tracked = True

    def acquire(self, order, row):
        ready = order.product == 1 or order.units == "taken"
        with self.expected(order.status == "reserved" and ready):
            complete_order(order=row, by=BY)
            self.take(order)
            order.status = "completed"

    @rule(
        order=orders,
        coins=st.sampled_from(Coins),
        amount=st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(70), Decimal(100)]),
        stock=st.sampled_from(Stock),
        loot=st.sampled_from(LootPolicy),
        twice=st.booleans(),
    )
    def cancel(self, order, coins, amount, stock, loot, twice):
        how = Cancelling(coins=coins, amount=amount, stock=stock, loot=loot, reason=Reason.FRAUD)
        shown = what_cancelling_does(self.row(order), how)
        part_fits = coins != Coins.PART or 0 < amount <= order.refundable
        possible = order.status in {"reserved", "completed"} and part_fits
        may = (LootNotTaken, OrdersWaiting) if order.product == 1 else ()
        with self.expected(possible, may_refuse=may):
            operation = {"operation_id": uuid4(), "seen": shown.seen or None}
            cancel_order(self.row(order), how=how, by=BY, **operation)
            if twice:
                cancel_order(self.row(order), how=how, by=BY, **operation)
            back = {Coins.ALL: order.refundable, Coins.NONE: 0, Coins.PART: amount}[coins]
            self.refunded(order, back)
            returned = stock == Stock.RETURN or (
                stock == Stock.RETURN_UNLESS_SENT and not order.tracked
            )
            self.put_back(order, returned=returned)
            order.status = "cancelled"

    @rule(order=orders, amount=st.sampled_from([0, 1, 30, 70, 100]))
    def refund(self, order, amount):
        possible = order.status in {"completed", "cancelled"} and 0 < amount <= order.refundable
        with self.expected(possible):
            refund_order(self.row(order), amount=Decimal(amount), reason=Reason.MISTAKE, by=BY)
            self.refunded(order, amount)
            if order.status == "completed" and not order.refundable:
                order.status = "refunded"

    @rule(order=orders)
    def expire(self, order):
        """Its time is over; it is released unless its delivery details were captured."""
        untouched = order.status == "reserved" and order.units == "held"
        past = timezone.now() - timedelta(hours=1)
        waits = Order.objects.filter(pk=order.pk, expires_at__isnull=False)
        assert waits.update(expires_at=past) == untouched
        assert expire_orders(limit=10) == untouched
        if untouched:
            self.refunded(order, order.refundable)
            self.put_back(order, returned=True)
            order.status = "cancelled"

    @rule(product=products, change=st.integers(-3, 2))
    def correct(self, product, change):
        with self.expected(change and self.stock[product] + change >= self.reserved[product]):
            correct_stock(
                product=self.goods[product],
                change=change,
                seen=self.stock[product],
                by=BY,
                note="Counted",
                operation_id=uuid4(),
            )
            self.stock[product] += change

    @rule(product=products)
    def pause_or_activate(self, product):
        self.active[product] = not self.active[product]
        status = "active" if self.active[product] else "paused"
        Product.objects.filter(pk=self.goods[product].pk).update(status=status)

    @rule(player=players, change=st.sampled_from([-40, 40, 60]))
    def give(self, player, change):
        possible = self.coins[player] + change >= 0 and self.given_left - change >= 0
        with self.expected(possible):
            change_coins(self.people[player], change=Decimal(change), by=BY)
            self.coins[player] += change
            self.given_left -= change

    @rule(player=players, left=st.integers(0, 9))
    def play(self, player, left):
        """The loot that waits is given; then the player may spend of it."""
        while fulfil_waiting(10):
            pass
        record = InventoryRecord.objects.filter(player=self.people[player], count__gt=left).first()
        if record:
            place(self.people[player], update(record, left))

    # --- The books ------------------------------------------------------------------------------

    @contextmanager
    def expected(self, possible, *, may_refuse=()):
        """The step is done where it is possible, else refused; a refusal moves nothing."""
        before, refused = self.counts(), None
        try:
            yield
        except Refusal as refusal:
            refused = refusal
        if refused is None:
            assert possible
        else:
            assert not possible or isinstance(refused, may_refuse)
            assert self.counts() == before

    def counts(self):
        return (
            [Player.objects.get(pk=each.pk).coins for each in self.people],
            [(product.stock, product.reserved) for product in self.products_now()],
            list(Order.objects.order_by("pk").values_list("status", "refunded")),
            list(InventoryRecord.objects.order_by("pk").values_list("count", flat=True)),
        )

    def products_now(self):
        return [Product.objects.get(pk=each.pk) for each in self.goods]

    def row(self, order):
        return Order.objects.get(pk=order.pk)

    def take(self, order):
        if order.units == "held":
            order.units = "taken"
            self.stock[order.product] -= 1
            self.reserved[order.product] -= 1

    def put_back(self, order, *, returned):
        if order.units == "held":
            self.reserved[order.product] -= 1
            self.stock[order.product] -= not returned
        else:
            self.stock[order.product] += returned

    def refunded(self, order, amount):
        order.refunded += amount
        self.coins[order.player] += amount

    @invariant()
    def books_agree(self):
        if not hasattr(self, "booked"):
            return
        assert self.counts()[:3] == (
            self.coins,
            list(zip(self.stock, self.reserved, strict=True)),
            [(each.status, each.refunded) for each in self.booked],
        )
        assert Establishment.objects.get().coins == self.given_left

    @invariant()
    def ledgers_agree(self):
        questions = QUESTIONS | ORDER_QUESTIONS
        assert find_faults(limit=5, tables=TABLES | ORDER_TABLES, questions=questions) == (0, [])


@pytest.mark.django_db
def test_every_number_is_the_sum_of_its_ledger_after_every_step():
    run_state_machine_as_test(
        Orders,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
