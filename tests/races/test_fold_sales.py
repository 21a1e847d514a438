"""Folds that meet orders, each other, and their end: real threads and connections."""

from datetime import date, timedelta
from threading import Event

import pytest
from django.db import OperationalError, connection, transaction

from orders.models import Order, SaleChange, SaleTotal
from orders.services import fold_sales as folding
from orders.services.fold_sales import fold_sales
from orders.services.sale_metrics import GroupBy, sale_metrics
from tests.factories import OfferFactory
from tests.orders.counting import a_sale_of, found, noon, recount
from tests.orders.selling import a_customer
from tests.threads import PATIENCE, Gate, blocked, elsewhere, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2026, 3, 4)
DAY = date(2026, 3, 2)


@pytest.fixture
def customer():
    return a_customer()


@pytest.fixture
def offer():
    return OfferFactory()


@pytest.fixture
def gate(monkeypatch):
    """A gate between taking the changes of a month and counting its days."""
    gate = Gate()
    ask = folding.ask

    def ask_and_stop(question, values=None):
        rows = ask(question, values)
        if question is folding.TAKE:
            gate.stop(backend())
        return rows

    monkeypatch.setattr(folding, "ask", ask_and_stop)
    yield gate
    gate.open()


def backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def fold():
    return fold_sales(now=noon(TODAY))


def assert_it_is_a_recount():
    for group_by in (None, *GroupBy):
        asked = {"establishment_id": None, "start": DAY, "end": TODAY, "group_by": group_by}
        assert found(sale_metrics(**asked)) == recount(**asked)


def are_open():
    return SaleChange.objects.filter(day=DAY).exists()


def test_order_that_commits_after_its_day_was_folded_is_counted(customer, offer):
    a_sale_of(DAY, offer, customer=customer)
    made, folded = Event(), Event()

    def sell_slowly():
        with transaction.atomic():
            a_sale_of(DAY, offer, customer=customer)
            made.set()
            assert folded.wait(PATIENCE)

    with threads(1) as start:
        selling = start(sell_slowly)
        assert made.wait(PATIENCE)
        assert fold() == 1
        assert not are_open()
        folded.set()
        selling.result(PATIENCE)

    assert are_open()
    assert_it_is_a_recount()
    assert fold() == 1
    assert SaleTotal.objects.get(period="day", dimension="status", establishment=None).orders == 2


@pytest.mark.parametrize("is_before", [True, False])
def test_order_that_changes_while_its_day_is_folded_leaves_it_open(
    customer, offer, gate, is_before
):
    order = a_sale_of(DAY, offer, customer=customer)

    def change():
        Order.objects.filter(pk=order.pk).update(status="processing", display_status="processing")

    with threads(1) as start:
        folding_it = start(fold)
        wait_until(lambda: gate.came)
        if is_before:
            elsewhere(change)
        gate.open()
        assert folding_it.result(PATIENCE) == 1
    if not is_before:
        change()

    assert are_open()
    assert_it_is_a_recount()
    assert fold() == 1
    assert_it_is_a_recount()


def test_second_fold_passes_over_what_the_first_is_folding(customer, offer, gate):
    a_sale_of(DAY, offer, customer=customer)
    a_sale_of(DAY - timedelta(31), offer, customer=customer)

    with threads(2) as start:
        first = start(fold)
        wait_until(lambda: len(gate.came) == 1)
        second = start(fold)
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        assert sorted([first.result(PATIENCE), second.result(PATIENCE)]) == [1, 1]

    assert not SaleChange.objects.exists()
    assert_it_is_a_recount()


def test_two_folds_at_once_count_a_day_once(customer, offer, gate):
    a_sale_of(DAY, offer, customer=customer)

    with threads(1) as start:
        first = start(fold)
        wait_until(lambda: gate.came)
        assert elsewhere(fold) == 0
        gate.open()
        assert first.result(PATIENCE) == 1

    assert_it_is_a_recount()


def test_without_its_lock_a_second_fold_waits_for_the_first(customer, offer, gate, monkeypatch):
    """The control: what the test before this one sees comes from the lock."""
    monkeypatch.setattr(folding, "_lock", lambda _month: True)
    a_sale_of(DAY, offer, customer=customer)

    with threads(2) as start:
        first = start(fold)
        wait_until(lambda: gate.came)
        second = start(fold)
        wait_until(blocked)
        gate.open()
        first.result(PATIENCE)
        second.result(PATIENCE)


def test_change_of_the_open_day_is_kept_while_its_month_is_folded(customer, offer, gate):
    """One that kept the newest change would take away one that the fold does not see."""
    a_sale_of(DAY, offer, customer=customer)

    with threads(1) as start:
        first = start(fold)
        wait_until(lambda: gate.came)
        for _ in range(2):
            a_sale_of(TODAY, offer, customer=customer)
        before = SaleChange.objects.filter(day=TODAY).count()
        elsewhere(fold)
        assert SaleChange.objects.filter(day=TODAY).count() == before
        gate.open()
        first.result(PATIENCE)

    fold()
    assert SaleChange.objects.filter(day=TODAY).count() == 1
    assert_it_is_a_recount()


def test_fold_whose_connection_is_killed_has_done_nothing(customer, offer, gate):
    a_sale_of(DAY, offer, customer=customer)
    fold_before = list(SaleTotal.objects.values())

    with threads(1) as start:
        first = start(fold)
        wait_until(lambda: gate.came)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", gate.came)
        gate.open()
        with pytest.raises(OperationalError):
            first.result(PATIENCE)

    assert are_open()
    assert list(SaleTotal.objects.values()) == fold_before
    assert_it_is_a_recount()
    assert fold() == 1
    assert_it_is_a_recount()
