from hypothesis import HealthCheck, given, settings

from orders.models import Order
from orders.odata.parser import parse_filter
from orders.services.filter_sales import filter_sales
from tests.factories import EstablishmentFactory
from tests.orders.odata.made import filters
from tests.orders.odata.shop import write_sales
from tests.orders.odata.test_filters import SALES

VALUES = [sale.values() for sale in SALES]


@given(made=filters())
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_database_finds_what_python_does(db, made):
    if not Order.objects.exists():
        write_sales(SALES, establishment=EstablishmentFactory())

    found = Order.objects.filter(filter_sales(parse_filter(made.text)))

    expected = {sale["id"] for sale in VALUES if made.value(sale, None) is True}
    assert set(found.values_list("code", flat=True)) == expected
