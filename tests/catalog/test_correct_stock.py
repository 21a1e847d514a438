from uuid import uuid4

import pytest

from catalog.errors import StockChanged, StockCorrectionInvalid, StockShort
from catalog.models import Product, StockMovement
from catalog.services.correct_stock import LARGEST_STOCK, correct_stock
from tests.factories import ProductFactory
from tests.orders.reserving import a_reservation

pytestmark = pytest.mark.django_db


def correct(product, change, *, seen=10, operation_id=None):
    return correct_stock(
        product=product,
        change=change,
        seen=seen,
        by="staff:3",
        note="counted",
        operation_id=operation_id or uuid4(),
    )


def counts(product):
    product = Product.objects.get(pk=product.pk)
    return product.stock, product.reserved, product.movements.count()


@pytest.mark.parametrize("change", [5, -10])
def test_stock_is_corrected_by_a_movement(change):
    product = ProductFactory()
    operation_id = uuid4()

    movement = correct(product, change, operation_id=operation_id)

    assert counts(product) == (10 + change, 0, 2)
    [row] = StockMovement.objects.filter(pk=movement.pk).values(
        "product", "kind", "stock_change", "reserved_change", "stock", "reserved", "order_line_id",
        "operation_id", "by", "note",
    )  # fmt: skip
    assert row == {
        "product": product.pk,
        "kind": "correction",
        "stock_change": change,
        "reserved_change": 0,
        "stock": 10 + change,
        "reserved": 0,
        "order_line_id": None,
        "operation_id": operation_id,
        "by": "staff:3",
        "note": "counted",
    }


def test_same_correction_twice_is_done_once():
    product = ProductFactory()
    operation_id = uuid4()

    first, second = (correct(product, 5, operation_id=operation_id) for _ in range(2))

    assert first == second
    assert counts(product) == (15, 0, 2)


def test_correction_of_another_product_is_not_taken_for_this_one():
    product, other = ProductFactory(), ProductFactory()
    operation_id = uuid4()
    correct(other, 5, operation_id=operation_id)

    with pytest.raises(StockCorrectionInvalid):
        correct(product, 5, operation_id=operation_id)

    assert counts(product) == (10, 0, 1)


@pytest.mark.parametrize(
    ("change", "seen", "refusal"),
    [
        (0, 10, StockCorrectionInvalid),
        (LARGEST_STOCK, 10, StockCorrectionInvalid),
        (5, 9, StockChanged),
        (-11, 10, StockShort),
    ],
)
def test_correction_is_refused_and_nothing_moves(change, seen, refusal):
    product = ProductFactory()

    with pytest.raises(refusal):
        correct(product, change, seen=seen)

    assert counts(product) == (10, 0, 1)


def test_what_is_reserved_stays_in_stock():
    product = ProductFactory()
    a_reservation(product=product)

    with pytest.raises(StockShort):
        correct(product, -10)
    correct(product, -9)

    assert counts(product) == (1, 1, 3)
