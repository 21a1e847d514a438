import pytest
import stripe

from orders.gateways import stripe as adapter
from tests.orders.gateways.stripe_double import SECRET, serve


@pytest.fixture
def stripe_books(monkeypatch, settings):
    """A server that answers like Stripe in place of Stripe, for a gateway `stripe_1`: its books."""
    server = serve()
    monkeypatch.setattr(adapter, "API", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.GATEWAY_CREDENTIALS = {
        "GATEWAY_STRIPE_1_SECRET_KEY": "sk_test_of_the_tests",
        "GATEWAY_STRIPE_1_WEBHOOK_SECRET": SECRET,
    }
    yield server.books
    server.books.end.set()
    server.shutdown()
    server.server_close()
