from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from orders.cancelling import Cancelling
from orders.explanations import why_cancelled
from orders.models import Mail, Order, OrderLine, WebhookDelivery, WebhookMessage
from orders.retries import RETRIED_FOR
from orders.services.act_on_items import ItemAction, act_on_items
from orders.services.announce_order import announce_order
from orders.services.cancel_order import cancel_order
from orders.services.switch_webhook_endpoint import switch_webhook_endpoint
from orders.vocabulary import CANCEL_REASONS, Announced, Reason
from tests.factories import OfferFactory, PlayerFactory
from tests.orders.paying import a_paid_sale, refund, settle_all
from tests.orders.receiving import an_endpoint
from tests.orders.reserving import a_player, a_reservation
from tests.orders.selling import a_customer, a_sale

pytestmark = pytest.mark.django_db


def told(order, event, **kwargs):
    announce_order(order, event, **kwargs)
    order.save()


def test_message_and_a_delivery_to_each_endpoint_that_is_on():
    player = a_player()
    on = [an_endpoint(player.establishment, f"https://example.com/{n}") for n in range(2)]
    off = an_endpoint(player.establishment, "https://example.com/off")
    switch_webhook_endpoint(off, on=False, reason="test")
    an_endpoint(a_player().establishment, "https://example.com/other")

    order = a_reservation(player=player)

    message = WebhookMessage.objects.get()
    assert (message.event, message.number, message.establishment_id) == (
        "order.created",
        1,
        player.establishment_id,
    )
    assert message.data == {
        "transactionId": str(order.transaction_id),
        "productId": str(order.product_id),
        "playerId": str(player.uuid),
    }
    deliveries = WebhookDelivery.objects.all()
    assert {each.endpoint for each in deliveries} == set(on)
    for each in deliveries:
        assert (each.state, each.attempts_made) == ("waiting", 0)
        assert each.due_at == each.created_at <= timezone.now()
        assert each.give_up_at == each.created_at + RETRIED_FOR


def test_messages_of_an_order_are_counted_and_carry_the_reason():
    order = a_reservation()

    told(order, Announced.DELAYED, reason=Reason.CUSTOMS)
    told(order, Announced.CANCELLED, reason=Reason.FRAUD)

    numbered = WebhookMessage.objects.order_by("number").values_list("number", "event")
    assert list(numbered) == [(1, "order.created"), (2, "order.delayed"), (3, "order.cancelled")]
    reasons = [each.data.get("reason") for each in WebhookMessage.objects.order_by("number")]
    assert reasons == [None, "CUSTOMS", "FRAUD"]
    assert Order.objects.get().last_message == 3


def test_nothing_is_told_of_what_is_rolled_back():
    order = a_reservation()
    an_endpoint(order.establishment, "https://example.com/")

    with transaction.atomic():
        told(order, Announced.SENT)
        transaction.set_rollback(True)

    assert (WebhookMessage.objects.count(), WebhookDelivery.objects.count()) == (1, 0)
    assert Mail.objects.count() == 0


def test_player_is_told_by_mail_unless_not_notified():
    order = a_reservation(email="ann@example.com")

    told(order, Announced.SENT, notify=False)
    assert Mail.objects.count() == 0
    told(order, Announced.DELAYED, reason=Reason.CUSTOMS)

    mail = Mail.objects.get()
    assert (mail.event, mail.to, mail.state) == ("order.delayed", "ann@example.com", "waiting")
    assert mail.subject == f"Your {order.product.name} is delayed"
    assert mail.body == (
        f"Hello John,\n\n{order.product.name} will reach you later than planned. "
        "Customs are holding the parcel. There is nothing you need to do.\n\n"
        f"Your delivery page: {order.delivery.track_url}\n"
        "Reference: PROV-REF-000001\n\n"
        f"{order.establishment.name}\n"
    )


def test_mail_of_each_event():
    order = a_reservation()
    order.product.name = 'Cup & "Saucer" <xl>\nsecond line'
    order.delivery.tracking_number = "1Z9"
    order.refunded = Decimal("1250.50")

    for event in Announced:
        announce_order(order, event)

    mails = list(Mail.objects.order_by("pk"))
    assert [each.subject for each in mails] == [
        'Your Cup & "Saucer" <xl> second line is on its way',
        'Your Cup & "Saucer" <xl> second line is delayed',
        'Your Cup & "Saucer" <xl> second line has been cancelled',
        'Your Cup & "Saucer" <xl> second line is yours',
    ]
    assert "Tracking number: 1Z9" in mails[0].body
    assert "Given back to you: 1,250.50 coins." in mails[2].body


@pytest.mark.parametrize("reason", CANCEL_REASONS)
def test_mail_says_why_as_the_delivery_page_does(reason):
    order = a_reservation()

    told(order, Announced.CANCELLED, reason=reason)

    said = f" {why_cancelled(reason)}".rstrip()
    assert f"{order.product.name} has been cancelled.{said}\n" in Mail.objects.get().body


def test_without_a_reason_only_the_webhook_names_one():
    order = a_reservation()

    told(order, Announced.CANCELLED)

    assert WebhookMessage.objects.latest("number").data["reason"] == "PRODUCT_UNAVAILABLE"
    assert f"{order.product.name} has been cancelled.\n" in Mail.objects.get().body


def test_suspicion_is_not_told_to_the_player():
    order = a_reservation()

    told(order, Announced.CANCELLED, reason=Reason.FRAUD)

    assert "fraud" not in Mail.objects.get().body.lower()
    assert WebhookMessage.objects.latest("number").data["reason"] == "FRAUD"


def test_no_mail_without_an_address():
    order = a_reservation(player=a_player(email=""))

    told(order, Announced.SENT)

    assert Mail.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "greeting"),
    [
        ("Anna  Maria\n\nYou won", "Hello Anna Maria You won,"),
        ("x" * 150, f"Hello {'x' * 60},"),
        ("see https://evil.example/x", "Hello,"),
        ("WWW.evil", "Hello,"),
        ("Claim at evil.example", "Hello,"),
        ("J. R.", "Hello J. R.,"),
    ],
)
def test_greeting_leads_nowhere_and_is_one_short_line(given, greeting):
    order = a_reservation(player=a_player(first_name=given), email="ann@example.com")

    told(order, Announced.DELAYED)

    assert Mail.objects.get().body.splitlines()[:2] == [greeting, ""]


def mail_of(event, **changes):
    """The mail about a sale of two cups of 12.50 and a spoon for nothing."""
    cup = OfferFactory(base_price=Decimal("12.50"), product__name='Cup\n& "saucer"')
    spoon = OfferFactory(base_price=0, product__name="Spoon")
    customer = a_customer(email="ann@example.com", first_name="Ann")
    order = a_sale(cup, spoon, customer=customer, quantity=2)
    for name, value in changes.items():
        setattr(order, name, value)
    reason = changes.get("cancel_reason", "")
    announce_order(order, event, reason=reason)
    mail = Mail.objects.get()
    about = f'2 × Cup & "saucer"\n2 × Spoon\n\nYour order: {order.code}\n\n{order.establishment}\n'
    assert (mail.to, mail.event) == ("ann@example.com", event)
    assert mail.body.startswith("Hello Ann,\n\n")
    assert mail.body.endswith(about)
    said = mail.body.removeprefix("Hello Ann,\n\n").removesuffix(about)
    return mail.subject.replace(order.code, "ord_1"), said


@pytest.mark.parametrize(
    ("event", "changes", "subject", "said"),
    [
        (
            Announced.PAID,
            {"charged": Decimal(25)},
            "Your order ord_1 is confirmed",
            "Thank you. You have paid 25.00 USD.\n\n",
        ),
        (
            Announced.PAID,
            {},
            "Your order ord_1 is confirmed",
            "Thank you. There is nothing to pay.\n\n",
        ),
        (
            Announced.COMPLETED,
            {"charged": Decimal(25)},
            "Your order ord_1 is complete",
            "All of your order has been handed over. Enjoy it!\n\n",
        ),
        (
            Announced.CANCELLED,
            {"cancel_reason": Reason.PAYMENT_EXPIRED},
            "Your order ord_1 has been cancelled",
            "Your order has been cancelled. It was not paid in time.\n\n",
        ),
        (
            Announced.CANCELLED,
            {"charged": Decimal(1250), "refunded": Decimal(1250), "total": Decimal(1250)},
            "Your order ord_1 has been cancelled",
            """Your order has been cancelled.
You get back 1,250.00 USD. It may take a few days until it arrives.

""",
        ),
    ],
)
def test_mail_of_sales(event, changes, subject, said):
    assert mail_of(event, **changes) == (subject, said)


def mails_of_refunds(order):
    """What the mail of each refund says between its greeting and the order's code."""
    settle_all(order)
    mails = Mail.objects.filter(order=order, event=Announced.REFUNDED).order_by("pk")
    assert {mail.subject for mail in mails} <= {
        f"Money of your order {order.code} comes back to you"
    }
    return [
        mail.body.partition("\n\n")[2].partition(f"\n\nYour order: {order.code}\n")[0]
        for mail in mails
    ]


def a_figurine_and_mugs():
    figurine = OfferFactory(base_price=Decimal("99.99"), product__name="Dragon figurine")
    mug = OfferFactory(base_price=Decimal("25.00"), product__name="Enamel mug")
    return a_paid_sale(figurine, mug, customer=a_customer(email="ann@example.com"))


def test_mail_of_each_refund_says_what_comes_back_by_it_and_in_all():
    order = a_figurine_and_mugs()

    refund(order, 10)
    settle_all(order)
    refund(order, 5)
    refund(order, "109.99")

    paid = "of the 124.99 USD that you have paid."
    assert mails_of_refunds(order) == [
        f"10.00 USD comes back to you now; in all it is 10.00 USD {paid}",
        f"5.00 USD comes back to you now; in all it is 15.00 USD {paid}",
        f"109.99 USD comes back to you now; in all it is 124.99 USD {paid}",
    ]


def test_mail_of_a_refund_of_everything_says_so():
    order = a_figurine_and_mugs()

    refund(order, "124.99")

    assert mails_of_refunds(order) == ["124.99 USD that you have paid comes back to you."]


def test_mail_of_a_refund_names_the_item_that_it_is_for_and_no_other():
    order = a_figurine_and_mugs()
    figurine, mug = order.lines.order_by("position")

    refund(order, 5, line=mug)
    settle_all(order)
    cancelled = ItemAction(item_code=figurine.code, action="cancel", reason="Broken")
    act_on_items(order, actions=[cancelled], by="staff:1")

    paid = "of the 124.99 USD that you have paid."
    gone = "1 × Dragon figurine, which was cancelled"
    assert mails_of_refunds(order) == [
        f"5.00 USD comes back to you now; in all it is 5.00 USD {paid}\nIt is for: 1 × Enamel mug.",
        f"99.99 USD comes back to you now; in all it is 104.99 USD {paid}\nIt is for: {gone}.",
    ]


def test_mail_of_a_cancelled_sale_names_all_that_does_not_come():
    order = a_figurine_and_mugs()

    cancel_order(order, how=Cancelling(), by="staff:1")

    body = Mail.objects.get(order=order, event=Announced.CANCELLED).body
    assert "\n\n1 × Dragon figurine\n1 × Enamel mug\n\nYour order: " in body


def test_items_that_were_cancelled_are_not_in_the_mail():
    order = a_sale(OfferFactory(), OfferFactory(), customer=a_customer(email="ann@example.com"))
    OrderLine.objects.filter(order=order, position=0).update(status="cancelled")

    announce_order(order, Announced.PAID)

    assert Mail.objects.get().body.count("1 × ") == 1


def test_sale_is_told_by_its_own_ids_and_its_status_then():
    order = a_sale()
    order.process()
    order.payment_status = "completed"

    announce_order(order, Announced.CANCELLED)

    message = WebhookMessage.objects.latest("number")
    assert (message.event, message.data) == (
        "order.cancelled",
        {
            "orderId": order.code,
            "customerId": order.player.customer_code,
            "status": "processing",
            "paymentStatus": "completed",
        },
    )


def test_sale_of_nobodys_customer_is_told_to_the_buyer_alone():
    customer = PlayerFactory(establishment=None, email="ann@example.com")
    order = a_sale(customer=customer)

    announce_order(order, Announced.PAID)

    assert WebhookMessage.objects.count() == 0
    assert Mail.objects.get().to == "ann@example.com"
