from decimal import Decimal

import pytest

from players.services.issue_api_key import issue_api_key
from tests.factories import EstablishmentFactory, OfferFactory
from tests.orders.api.sales.calls import Api
from tests.orders.selling import a_customer


@pytest.fixture
def establishment(db):
    return EstablishmentFactory()


@pytest.fixture
def customer(establishment):
    return a_customer(establishment=establishment, customer_code="cust_123")


@pytest.fixture
def offer(db):
    return OfferFactory(id="offer_456")


@pytest.fixture
def new_offer():
    """Makes offers of one unit for 99.98, each of a product of its own."""
    return lambda **fields: OfferFactory(base_price=Decimal("99.98"), **fields)


@pytest.fixture
def as_key(establishment):
    """Calls with a new API key of the establishment, if not said of another, or of none."""

    def calling(*scopes, of=establishment, player=None):
        key, text = issue_api_key(name="server", scopes=scopes, establishment=of, player=player)
        return Api(f"Bearer {text}", name=f"key:{key.pk}")

    return calling


@pytest.fixture
def api(as_key):
    """The establishment, allowed everything with orders."""
    return as_key("orders:*")
