from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.errors import PaymentRefused
from orders.models import Order, Payment
from orders.services.act_on_items import ItemAction, act_on_items
from orders.services.change_sale_status import change_sale_status
from orders.services.retry_refund import retry_refund
from tests.factories import ItemFactory, LootFactory, OfferFactory
from tests.orders.admin.asking import (
    ORDERS,
    buttons_of,
    confirm,
    errors_of,
    fields_of,
    fill_in,
    masked,
    page_of,
    support,
    url_of,
)
from tests.orders.looking import everything, last_event, timeline
from tests.orders.paying import (
    a_paid_sale,
    an_authorized_sale,
    pay,
    payments,
    refund,
    settle_all,
)
from tests.orders.selling import a_sale
from tests.orders.states import reserved
from tests.staff import said, staff

pytestmark = pytest.mark.django_db

REASON = {"reason": "PLAYER_REQUEST"}


def offers():
    """A mug of 12.00 and a shirt of 24.50."""
    return (
        OfferFactory(name="Mug", base_price=Decimal("12.00"), currency="USD"),
        OfferFactory(name="Shirt", base_price=Decimal("24.50"), currency="USD"),
    )


def paid():
    return a_paid_sale(*offers())


def unpaid():
    return a_sale(*offers())


def failed():
    order = a_sale(*offers())
    with pytest.raises(PaymentRefused):
        pay(order, "tok_chargeDeclined")
    return Order.objects.get(pk=order.pk)


def completed():
    return change_sale_status(paid(), to=Order.Status.COMPLETED, note="", by="staff:1")


def cancelled():
    return change_sale_status(paid(), to=Order.Status.CANCELLED, note="", by="staff:1")


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (unpaid, {"Cancel", "Confirm payment", "Verify items", "Cancel items"}),
        (
            failed,
            {"Cancel", "Confirm payment", "Let it be paid again", "Verify items", "Cancel items"},
        ),
        (paid, {"Cancel", "Refund", "Complete", "Verify items", "Cancel items"}),
        (completed, {"Refund"}),
        (cancelled, set()),
    ],
)
def test_buttons_are_those_of_the_state(state, possible):
    buttons = buttons_of(support(), state())

    assert {label for label, why in buttons.items() if not why} == possible | {"Add a note"}
    assert set(buttons) == {
        *("Cancel", "Refund", "Complete", "Add a note"),
        *("Confirm payment", "Let it be paid again", "Verify items", "Cancel items"),
    }


@pytest.mark.parametrize("action", ["track", "delay", "capture", "details"])
def test_actions_of_rewards_are_none_of_sales(action):
    assert support().get(url_of(paid(), action)).status_code == 404


@pytest.mark.parametrize("action", ["confirm", "await", "verify-items", "cancel-items"])
def test_actions_of_sales_are_none_of_rewards(action):
    assert support().get(url_of(reserved(), action)).status_code == 404


OPEN_TO = {
    "orders.fulfil_order": {"confirm", "verify-items", "complete"},
    "orders.cancel_order": {"cancel", "cancel-items"},
    "orders.refund_order": set(),
    "orders.note_order": {"note"},
}


@pytest.mark.parametrize("right", OPEN_TO)
def test_each_page_opens_for_those_who_may(right):
    order = unpaid()
    before = everything()
    client = masked(right)

    for action in set().union(*OPEN_TO.values()):
        expected = 200 if action in OPEN_TO[right] else 403
        assert (action, client.get(url_of(order, action)).status_code) == (action, expected)
        assert (action, client.post(url_of(order, action), {}).status_code) == (action, expected)
    assert everything() == before


def test_page_tells_all_about_a_sale():
    order = paid()
    page = page_of(support(), order)

    facts = [(fact.title, fact.answer) for fact in page.context["facts"]]
    assert facts == [
        ("Status", "Processing"),
        ("Paid", "36.50 USD"),
        ("Items", "2 items, 2 units"),
        ("Paid through", "Sandbox"),
    ]
    panels = {panel.title: panel.rows for panel in page.context["panels"]}
    assert [row[0] for row in panels["Items: 36.50 USD"]] == [
        line.code for line in order.lines.order_by("position")
    ]
    [payment] = panels["Payments: 36.50 USD charged, 0.00 USD refunded or on its way back"]
    assert payment[2:5] == ("36.50 USD", "sandbox", "Done")
    shown = page.content.decode()
    assert order.payment_token in shown
    assert str(order.transaction_id) not in page.context["adminform"].form.as_p()


def test_sale_that_was_paid_outside_names_the_gateway_that_stands_for_it():
    order = change_sale_status(unpaid(), to=Order.Status.PROCESSING, note="", by="staff:1")

    *_, way = page_of(support(), order).context["facts"]

    assert (way.title, way.answer, way.notes) == (
        "Paid through",
        "Offline",
        ["Ordered with Sandbox, credit card"],
    )


def test_who_may_not_see_personal_data_sees_no_buyer_and_no_payment_page():
    order = paid()

    shown = page_of(masked(), order).content.decode()

    assert order.payment_token not in shown
    assert order.delivery.email not in shown
    assert order.player.customer_code in shown


def test_payment_is_confirmed_once():
    order, client = unpaid(), support()
    form = fill_in(client, order, "confirm", note="Bank statement 7")

    for _ in range(2):
        answer = client.post(url_of(order, "confirm"), form, follow=True)

    order = Order.objects.get(pk=order.pk)
    assert said(answer) == ["The payment is confirmed."]
    assert (order.status, order.payment_status, order.charged) == (
        "processing",
        "completed",
        Decimal("36.50"),
    )
    assert last_event(order).note == "Bank statement 7"
    assert payments(order) == [("charge", "completed", Decimal("36.50"))]


def test_order_that_changed_meanwhile_is_not_confirmed():
    order, client = unpaid(), support()
    form = fill_in(client, order, "confirm", note="Bank statement 7")
    first = order.lines.order_by("position")[0]
    cancel_items(client, order, [first])

    page = client.post(url_of(order, "confirm"), form)

    assert "has changed meanwhile" in str(errors_of(page))
    assert Order.objects.get(pk=order.pk).status == "pending_payment"


def test_failed_payment_is_awaited_again():
    order, client = failed(), support()

    client.post(url_of(order, "await"), fill_in(client, order, "await"))

    assert Order.objects.get(pk=order.pk).status == "pending_payment"


def test_sale_is_completed():
    order, client = paid(), support()

    answer = client.post(url_of(order, "complete"), fill_in(client, order, "complete"), follow=True)

    assert said(answer) == ["The order is completed."]
    assert Order.objects.get(pk=order.pk).status == "completed"


def codes(lines):
    return [line.code for line in lines]


def cancel_items(client, order, lines):
    form = fill_in(client, order, "cancel-items", reason="Broken") | {"items": codes(lines)}
    page = client.post(url_of(order, "cancel-items"), form)
    sent = {**fields_of(page), "items": codes(lines), "confirm": ""}
    return page, client.post(url_of(order, "cancel-items"), sent, follow=True)


def test_items_are_verified():
    order, client = paid(), support()
    lines = list(order.lines.order_by("position"))
    form = fill_in(client, order, "verify-items") | {"items": codes(lines[:1])}

    client.post(url_of(order, "verify-items"), form)

    states = [line.status for line in order.lines.order_by("position")]
    assert states == ["verified", "pending"]


def test_item_of_a_paid_sale_is_cancelled_and_its_price_goes_back():
    order, client = paid(), support()
    shirt = order.lines.order_by("position")[1]

    page, answer = cancel_items(client, order, [shirt])

    assert page.context["button"] == "Cancel them"
    assert page.context["effects"] == [
        f"{shirt} is cancelled; its units are free for others.",
        "24.50 USD of what was paid goes back to the buyer.",
        "Reason: Broken",
    ]
    assert said(answer) == ["The items are cancelled."]
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.refunded) == ("processing", Decimal("24.50"))


def test_item_of_an_unpaid_sale_is_cancelled_and_costs_nothing_more():
    order, client = unpaid(), support()
    mug = order.lines.order_by("position")[0]

    page, _ = cancel_items(client, order, [mug])

    assert page.context["effects"][1].startswith("24.50 USD is left to pay.")
    assert Order.objects.get(pk=order.pk).total == Decimal("24.50")


def test_sale_is_cancelled_with_a_part_of_its_money_as_it_was_shown():
    order, client = paid(), support()
    form = fill_in(client, order, "cancel", coins="part", amount="10", **REASON)

    page, confirmed = confirm(client, order, "cancel", form)
    before = timeline(order)
    client.post(url_of(order, "cancel"), confirmed)

    assert "10.00 USD of the 36.50 USD that was paid goes back" in page.context["effects"][0]
    assert "cancellation" not in before
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.refunded) == ("cancelled", Decimal("10.00"))


def test_who_may_not_refund_cancels_a_sale_with_all_of_its_money():
    order, client = paid(), support("orders.cancel_order")
    form = fill_in(client, order, "cancel", **REASON)

    forged = client.post(url_of(order, "cancel"), form | {"coins": "none"})
    _, confirmed = confirm(client, order, "cancel", form)
    client.post(url_of(order, "cancel"), confirmed)

    assert list(errors_of(forged)) == ["coins"]
    assert Order.objects.get(pk=order.pk).refunded == Decimal("36.50")


def test_open_payment_is_given_up_when_a_sale_is_cancelled():
    order, client = a_paid_sale(*offers(), token="tok_timeoutBefore"), support()
    form = fill_in(client, order, "cancel", **REASON)

    _, confirmed = confirm(client, order, "cancel", form)
    client.post(url_of(order, "cancel"), confirmed)

    charge = Payment.objects.get(order=order)
    assert (Order.objects.get(pk=order.pk).status, charge.status) == ("cancelled", "voided")


def test_payment_on_its_way_is_told_and_asked_about_anew_once_it_is_paid():
    order, client = a_paid_sale(*offers(), token="tok_timeout"), support()
    assert page_of(client, order).context["facts"][1].notes[-1] == "36.50 USD is on its way"
    form = fill_in(client, order, "cancel", **REASON)
    page, confirmed = confirm(client, order, "cancel", form)
    assert page.context["effects"][0] == (
        "A payment of 36.50 USD is on its way: it is given up first. If it turns out to be paid,"
        " nothing else is done, and you are asked again."
    )

    refused = client.post(url_of(order, "cancel"), confirmed)

    assert errors_of(refused) == {
        "__all__": ["What cancelling would do has changed meanwhile. Look at it again."]
    }
    assert "processing; 36.50 USD paid" in refused.context["lines"][0]
    sent = fields_of(refused)
    assert sent["coins"] == "all"
    page, confirmed = confirm(client, order, "cancel", sent)
    assert "All 36.50 USD that was paid goes back" in page.context["effects"][0]
    client.post(url_of(order, "cancel"), confirmed)
    order = Order.objects.get(pk=order.pk)
    assert (order.status, order.refunded) == ("cancelled", Decimal("36.50"))


def test_form_that_was_opened_before_the_payment_gives_all_back():
    order, client = unpaid(), support()
    form = fill_in(client, order, "cancel", **REASON)
    pay(order)

    page, _ = confirm(client, order, "cancel", form)

    assert "All 36.50 USD that was paid goes back" in page.context["effects"][0]


def test_money_that_is_set_aside_is_told_before_an_order_is_cancelled():
    order, client = an_authorized_sale(*offers()), support()
    form = fill_in(client, order, "cancel", **REASON)

    page, confirmed = confirm(client, order, "cancel", form)
    client.post(url_of(order, "cancel"), confirmed)

    assert page.context["effects"][0] == (
        "36.50 USD of the buyer's money is set aside: that is given up first."
    )
    assert Order.objects.get(pk=order.pk).payment_status == "voided"


def test_sale_whose_money_is_set_aside_waits_for_its_capture_and_says_what_staff_can_do():
    order, client = an_authorized_sale(*offers()), support()
    why = "The buyer's money is set aside: the shop captures it by API, or Cancel gives it up."

    buttons = buttons_of(client, order)

    assert (buttons["Confirm payment"], buttons["Cancel items"]) == (why, why)
    assert not buttons["Cancel"]
    asked = client.get(url_of(order, "cancel-items"))
    assert (asked.context["warnings"], "form" in asked.context) == ([why], False)
    status, *_ = page_of(client, order).context["facts"]
    assert status.notes[0].startswith("Waits for its capture, until ")


@pytest.mark.parametrize("action", ["confirm", "await"])
def test_reason_why_a_payment_is_not_said_by_hand_is_in_plain_words(action):
    label = {"confirm": "Confirm payment", "await": "Let it be paid again"}[action]

    assert buttons_of(support(), paid())[label] == "It is paid already."
    gone = change_sale_status(unpaid(), to=Order.Status.CANCELLED, note="", by="staff:1")
    assert buttons_of(support(), gone)[label] == "It is cancelled."
    assert buttons_of(support(), cancelled())[label] == "It is cancelled."


def test_timeline_has_amounts_in_the_currency_of_the_order():
    order = cancelled()

    [cancellation, *_, creation] = page_of(support(), order).context["timeline"]

    assert ("Refunded", "", "36.50 USD") in cancellation.changes
    assert ("Stock", "", "no longer held") in cancellation.changes
    assert [change for change in creation.changes if change[0] != "Lines"] == [
        ("Total", "", "36.50 USD"),
        ("Status", "", "pending payment"),
    ]


def test_timeline_has_amounts_as_money_however_they_were_asked_for():
    order = a_paid_sale(OfferFactory(base_price=Decimal("12.5"), currency="USD"))

    events = page_of(support(), order).context["timeline"]

    amounts = [
        (name, after)
        for event in events
        for name, _, after in event.changes
        if name in ("Total", "Amount")
    ]
    assert amounts == [("Amount", "12.50 USD"), ("Amount", "12.50 USD"), ("Total", "12.50 USD")]


def test_refund_that_failed_is_told_at_the_top_until_it_is_made_up_for():
    order = a_paid_sale(*offers(), token="tok_refundFails")
    refund(order, "36.50")
    settle_all(order)
    notes = [page_of(support(), order).context["facts"][1].notes]
    retry_refund(order.payments.get(kind="refund"), by="staff:1")
    settle_all(order)
    notes.append(page_of(support(), order).context["facts"][1].notes)

    assert notes == [
        ["nothing given back", "Payment: completed", "36.50 USD could not be given back"],
        ["36.50 USD given back, or on its way", "Payment: refunded"],
    ]


def test_refund_that_is_on_its_way_is_told_as_requested():
    order = paid()
    refund(order, "12")
    settle_all(order)

    events = page_of(support(), order).context["timeline"]

    assert [event.title for event in events][:2] == ["Refund done", "Refund requested"]


def test_item_that_is_cancelled_waits_for_no_loot():
    figure = OfferFactory(product__loot=LootFactory(item=ItemFactory()))
    order = a_paid_sale(figure, *offers())
    waiting = [row[-1] for row in items_of(order)]

    asked = ItemAction(item_code=order.lines.get(position=0).code, action="cancel", reason="Gone")
    act_on_items(order, actions=[asked], by="staff:1")

    assert (waiting, [row[-1] for row in items_of(order)]) == (
        ["not yet", "no loot", "no loot"],
        ["no loot"] * 3,
    )


def items_of(order):
    panels = page_of(support(), order).context["panels"]
    return next(panel.rows for panel in panels if panel.title.startswith("Items"))


@pytest.mark.parametrize("action", ["cancel", "refund", "complete", "cancel-items", "note"])
def test_buyers_are_not_called_players(action):
    form = support().get(url_of(paid(), action)).context["form"]

    texts = [f"{field.label} {field.help_text}" for field in form]
    assert "player" not in " ".join(texts)


def test_amount_that_is_not_said_is_all_that_is_left_of_the_item():
    order, client = completed(), support()
    mug = order.lines.order_by("position")[0]
    form = fill_in(client, order, "refund", item=mug.code, **REASON)

    _, confirmed = confirm(client, order, "refund", form)
    client.post(url_of(order, "refund"), confirmed)

    refund = Payment.objects.get(order=order, kind="refund")
    assert (refund.amount, refund.line_id) == (Decimal("12.00"), mug.pk)


def test_money_is_refunded_for_one_item_once():
    order, client = completed(), support()
    mug = order.lines.order_by("position")[0]
    form = fill_in(client, order, "refund", item=mug.code, amount="12", **REASON)

    page, confirmed = confirm(client, order, "refund", form)
    for _ in range(2):
        client.post(url_of(order, "refund"), confirmed)

    assert page.context["effects"][:2][0].startswith("12.00 USD of the 36.50 USD")
    refund = Payment.objects.get(order=order, kind="refund")
    assert (refund.amount, refund.line_id) == (Decimal("12.00"), mug.pk)


def test_more_than_an_item_cost_is_not_refunded_for_it():
    order, client = completed(), support()
    mug = order.lines.order_by("position")[0]
    form = fill_in(client, order, "refund", item=mug.code, amount="12.01", **REASON)

    page = client.post(url_of(order, "refund"), form)

    [said_at_field] = errors_of(page)["amount"]
    assert "more than the 12.00 USD" in said_at_field
    assert not Payment.objects.filter(order=order, kind="refund").exists()


@pytest.mark.parametrize(
    "named",
    [
        lambda order: order.code.upper(),
        lambda order: order.payment_url,
        lambda order: order.lines.first().code,
        lambda order: order.lines.first().offer_id,
        lambda order: order.payments.get().code,
        lambda order: order.payments.get().reference,
        lambda order: order.player.customer_code,
    ],
)
def test_sale_is_found_by_whatever_people_quote(named):
    order = paid()
    paid()

    page = staff("view").get(ORDERS, {"q": named(order)})

    assert [row.pk for row in page.context["cl"].result_list] == [order.pk]


def test_page_asks_no_more_for_many_items_than_for_one():
    client = support()
    mug = OfferFactory()
    counts = []
    for items in (1, 1, 3):
        order = a_paid_sale(*[mug] * items)
        with CaptureQueriesContext(connection) as asked:
            page_of(client, order)
        counts.append(len(asked))

    assert counts[1] == counts[2]
    assert counts[2] < 35
