import pytest

from catalog.errors import StatusUnreachable
from catalog.models import Product
from catalog.services.change_status import change_status
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db

STATUSES = ["draft", "active", "paused", "retired"]
REACHED = {
    ("draft", "active"),
    ("draft", "retired"),
    ("active", "paused"),
    ("active", "retired"),
    ("paused", "active"),
    ("paused", "retired"),
}


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_product_status_from_each_to_each(before, after):
    product = ProductFactory(status=before)

    if before == after or (before, after) in REACHED:
        assert change_status(product, status=after, by="staff:3").status == after
    else:
        with pytest.raises(StatusUnreachable) as refusal:
            change_status(product, status=after, by="staff:3")
        assert refusal.value.message == f"The product is {before}: it cannot become {after}."
        after = before

    assert Product.objects.get().status == after
