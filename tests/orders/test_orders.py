import pytest

from catalog.models import Product
from orders.models import Order
from tests.factories import OfferFactory, ProductFactory
from tests.orders.reserving import a_reservation
from tests.orders.selling import a_sale

pytestmark = pytest.mark.django_db

DIGITAL, PHYSICAL = Product.Kind.DIGITAL, Product.Kind.PHYSICAL


@pytest.mark.parametrize(("kind", "is_digital"), [(DIGITAL, True), (PHYSICAL, False)])
def test_reward_is_digital_as_its_product(kind, is_digital, django_assert_num_queries):
    a_reservation(product=ProductFactory(kind=kind))
    order = Order.objects.select_related("product").get()

    with django_assert_num_queries(0):
        assert order.is_digital is is_digital


@pytest.mark.parametrize("kinds", [(DIGITAL, DIGITAL), (DIGITAL, PHYSICAL)])
def test_sale_is_digital_if_all_its_lines_are(kinds):
    order = a_sale(*[OfferFactory(product__kind=kind) for kind in kinds])

    assert order.is_digital is (PHYSICAL not in kinds)
