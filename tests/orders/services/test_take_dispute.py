import pytest

from orders.gateways.stripe import StripeGateway
from orders.models import Payment, PaymentGateway
from orders.services.begin_checkout import begin_checkout
from orders.services.settle_payments import settle_payment
from orders.services.take_dispute import take_dispute
from players.errors import PlayerBusy
from tests.factories import OfferFactory
from tests.orders.selling import a_sale
from tests.threads import Gate, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paid(stripe_books):
    PaymentGateway.objects.create(pk="stripe_1", name="Stripe", kind="stripe")
    order = a_sale(OfferFactory(), gateway_id="stripe_1")
    begin_checkout(order, amount=order.total, back_to="https://shop.example", by="player:1")
    stripe_books.buyer_pays(order.payments.get().reference)
    settle_payment(order.payments.get().pk)
    return Payment.objects.get()


def test_answer_that_was_overtaken_by_another_is_asked_for_again(paid, stripe_books, monkeypatch):
    """The notice of the end comes while that of the beginning has heard "open"."""
    gate, ask = Gate(), StripeGateway.look_up_dispute

    def ask_and_stop(self, charge):
        found = ask(self, charge)
        gate.stop(found)
        return found

    monkeypatch.setattr(StripeGateway, "look_up_dispute", ask_and_stop)
    dispute = stripe_books.bank_disputes(paid.reference)
    with threads(1) as start:
        late = start(take_dispute, "stripe_1", paid.reference)
        wait_until(lambda: gate.came == ["open"])
        monkeypatch.setattr(StripeGateway, "look_up_dispute", ask)
        dispute["status"] = "won"
        take_dispute("stripe_1", paid.reference)
        gate.open()
        with pytest.raises(PlayerBusy):
            late.result()

    assert Payment.objects.get().dispute == "won"
    told = paid.order.events.filter(kind="dispute")
    assert [event.after["dispute"] for event in told] == ["won"]
