from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from inventory.models import InventoryRecord
from inventory.services.fulfil_player_orders import fulfil_waiting
from orders.cancelling import Cancelling, Coins
from orders.models import Order, Payment
from orders.services.cancel_order import cancel_order
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from orders.services.register_tracking import register_tracking
from orders.vocabulary import Reason
from players.services.lock_player import lock_player
from tests.factories import ItemFactory, LootFactory, ProductFactory
from tests.orders import states
from tests.orders.admin.asking import confirm, errors_of, fields_of, fill_in, support, url_of
from tests.orders.reserving import ADDRESS, BY, a_reservation
from tests.staff import said
from tests.threads import blocked, threads, wait_until

pytestmark = pytest.mark.django_db

CANCEL = {"coins": "all", "stock": "return", "reason": "CUSTOMS", "note": "Ticket 4711"}


@pytest.fixture
def order():
    return a_reservation()


@pytest.fixture
def acquired(order):
    capture_delivery(order=order, overrides=ADDRESS, by=BY)
    return complete_order(order=order, by=BY)


def moved(order):
    """Where the order, its player's coins and its units are."""
    order = Order.objects.select_related("player", "product").get(pk=order.pk)
    product = order.product
    return order.status, order.player.coins, (product.stock, product.reserved)


UNTOUCHED = ("completed", 900, (9, 0))


def test_cancelling_is_shown_then_done(acquired):
    client = support()

    page, confirmed = confirm(
        client, acquired, "cancel", fill_in(client, acquired, "cancel", **CANCEL)
    )
    before = moved(acquired)
    answer = client.post(url_of(acquired, "cancel"), confirmed, follow=True)

    assert before == UNTOUCHED
    assert page.context["effects"] == [
        "All 100 coins that were paid go back to the player.",
        f"1 × {acquired.product} is returned to stock.",
        "The player is told by mail, the establishment by webhook.",
        "Reason: Held by customs",
        "Note: Ticket 4711",
    ]
    assert moved(acquired) == ("cancelled", 1_000, (10, 0))
    assert answer.redirect_chain == [(f"/admin/orders/order/{acquired.pk}/change/", 302)]
    assert said(answer) == ["The order is cancelled."]
    event = acquired.events.get(kind="cancellation")
    assert (event.by, event.reason, event.note, str(event.operation_id)) == (
        f"staff:{client.member.pk}",
        "CUSTOMS",
        "Ticket 4711",
        confirmed["operation_id"],
    )
    assert event.request_id


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"coins": "none"}, ("cancelled", 900, (10, 0))),
        ({"coins": "part", "amount": "30.5"}, ("cancelled", Decimal("930.5"), (10, 0))),
        ({"stock": "write_off"}, ("cancelled", 1_000, (9, 0))),
    ],
)
def test_cancelling_does_what_was_chosen(acquired, given, left):
    client = support()

    _, confirmed = confirm(
        client, acquired, "cancel", fill_in(client, acquired, "cancel", **CANCEL | given)
    )
    client.post(url_of(acquired, "cancel"), confirmed)

    assert moved(acquired) == left


def test_same_confirmation_sent_twice_cancels_once(acquired):
    client = support()
    _, confirmed = confirm(
        client, acquired, "cancel", fill_in(client, acquired, "cancel", **CANCEL)
    )

    answers = [client.post(url_of(acquired, "cancel"), confirmed, follow=True) for _ in range(2)]

    assert [said(answer) for answer in answers] == [["The order is cancelled."]] * 2
    assert Payment.objects.filter(order=acquired, kind="refund").count() == 1
    assert moved(acquired) == ("cancelled", 1_000, (10, 0))


def test_cancelling_is_refused_when_the_order_moved_since_it_was_shown(order):
    client = support()
    _, confirmed = confirm(client, order, "cancel", fill_in(client, order, "cancel", **CANCEL))
    capture_delivery(order=order, overrides=ADDRESS, by=BY)
    complete_order(order=order, by=BY)

    answer = client.post(url_of(order, "cancel"), confirmed)

    assert errors_of(answer) == {
        "__all__": ["What cancelling would do has changed meanwhile. Look at it again."]
    }
    assert moved(order) == UNTOUCHED
    refused = order.events.get(kind="refused")
    assert (refused.by, refused.after["code"]) == (f"staff:{client.member.pk}", "order_moved")


def test_cancelling_that_was_refused_may_be_confirmed_anew(order):
    client = support()
    form = fill_in(client, order, "cancel", **CANCEL)
    _, confirmed = confirm(client, order, "cancel", form)
    capture_delivery(order=order, overrides=ADDRESS, by=BY)
    client.post(url_of(order, "cancel"), confirmed)

    _, confirmed = confirm(client, order, "cancel", form)
    client.post(url_of(order, "cancel"), confirmed)

    assert moved(order) == ("cancelled", 1_000, (10, 0))


def test_cancelling_is_never_done_unseen(acquired):
    client = support()
    form = fill_in(client, acquired, "cancel", **CANCEL)

    answer = client.post(url_of(acquired, "cancel"), {**form, "confirm": ""})

    assert answer.context["form"]["seen"].value()
    assert moved(acquired) == UNTOUCHED


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"coins": None}, {"coins": ["This field is required."]}),
        ({"reason": None}, {"reason": ["This field is required."]}),
        ({"coins": "part"}, {"amount": ["Say how many coins."]}),
        (
            {"coins": "part", "amount": "0"},
            {"amount": ["It must be more than nothing."]},
        ),
        (
            {"coins": "part", "amount": "33,50"},
            {"amount": ["Say a number of coins, with a point before the decimals: 33.50."]},
        ),
        ({"coins": "part", "amount": "100.01"}, {"amount": ["At most 100."]}),
        (
            {"reason": "EXPIRED"},
            {"reason": ["Select a valid choice. EXPIRED is not one of the available choices."]},
        ),
    ],
)
def test_form_says_what_is_wrong_with_it(acquired, given, errors):
    client = support()

    answer = client.post(
        url_of(acquired, "cancel"), fill_in(client, acquired, "cancel", **CANCEL | given)
    )

    assert errors_of(answer) == errors
    assert moved(acquired) == UNTOUCHED


def test_more_coins_than_were_paid_are_refused_before_anything_is_confirmed(acquired):
    client = support()
    given = {**CANCEL, "coins": "part", "amount": "101"}

    answer = client.post(url_of(acquired, "cancel"), fill_in(client, acquired, "cancel", **given))

    assert errors_of(answer) == {"amount": ["At most 100."]}
    assert moved(acquired) == UNTOUCHED


def test_who_may_not_refund_chooses_nothing_about_coins(order):
    client = support("orders.cancel_order")
    other = a_reservation()
    capture_delivery(order=other, overrides=ADDRESS, by=BY)
    complete_order(order=other, by=BY)

    pages = [client.get(url_of(each, "cancel")) for each in (order, other)]
    forged = client.post(url_of(other, "cancel"), fill_in(client, other, "cancel", **CANCEL))

    assert [page.context["form"].fields["coins"].choices for page in pages] == [
        [("all", "Give all back: 100")],
        [("none", "Give nothing back")],
    ]
    assert list(errors_of(forged)) == ["coins"]
    assert moved(other) == UNTOUCHED


def test_what_was_sent_is_written_off_unless_chosen_otherwise(order):
    capture_delivery(order=order, overrides=ADDRESS, by=BY)
    register_tracking(order=order, tracking_number="TR1", by=BY)

    form = fill_in(support(), order, "cancel")

    assert form["stock"] == "write_off"


@pytest.fixture
def with_loot():
    """An acquired order whose product gave five gems."""
    gems = ItemFactory(id=10, name="gems")
    product = ProductFactory(loot=LootFactory(item=gems, quantity=5))
    order = a_reservation(product=product)
    capture_delivery(order=order, overrides=ADDRESS, by=BY)
    complete_order(order=order, by=BY)
    fulfil_waiting(limit=10)
    return order


@pytest.mark.parametrize(
    ("loot", "line", "count"),
    [
        ("take_back", "Taken from the player: 5 × gems (10).", 0),
        ("take_what_is_left", "Taken from the player: 5 × gems (10).", 0),
        ("leave", "No loot is taken back. It is left to the player.", 5),
    ],
)
def test_loot_is_taken_back_or_left(with_loot, loot, line, count):
    client = support()

    page, confirmed = confirm(
        client, with_loot, "cancel", fill_in(client, with_loot, "cancel", **CANCEL, loot=loot)
    )
    client.post(url_of(with_loot, "cancel"), confirmed)

    assert page.context["effects"][2] == line
    assert InventoryRecord.objects.get().count == count
    assert moved(with_loot)[0] == "cancelled"


def test_loot_is_not_asked_for_where_none_was_given(acquired):
    assert "loot" not in support().get(url_of(acquired, "cancel")).context["form"].fields


def test_refund_is_shown_then_done_and_the_goods_stay(acquired):
    client = support()
    given = {"amount": "40", "reason": "MISTAKE"}

    page, confirmed = confirm(
        client, acquired, "refund", fill_in(client, acquired, "refund", **given)
    )
    answers = [client.post(url_of(acquired, "refund"), confirmed, follow=True) for _ in range(2)]

    assert page.context["effects"] == [
        "40 of the 100 coins that were paid go back to the player; 60 can be refunded later.",
        "The goods stay with the player.",
        "The order stays as it is. Nobody is told, neither by mail nor by webhook.",
        "Reason: Ordered by mistake",
    ]
    assert [said(answer) for answer in answers] == [["The coins are given back."]] * 2
    assert moved(acquired) == ("completed", 940, (9, 0))
    assert fill_in(client, acquired, "refund")["amount"] == "60"


def test_refund_of_more_than_is_left_is_refused(acquired):
    client = support()
    given = {"amount": "100.01", "reason": "MISTAKE"}

    answer = client.post(url_of(acquired, "refund"), fill_in(client, acquired, "refund", **given))

    assert errors_of(answer) == {"amount": ["At most 100."]}
    assert moved(acquired) == UNTOUCHED


@pytest.mark.parametrize(
    ("state", "amount", "told", "mails"),
    [
        (states.completed, "40", "The order stays as it is. Nobody is told", 0),
        (states.completed, "100", "The player is told by mail, the establishment by webhook.", 1),
    ],
)
def test_refund_tells_the_player_what_it_says_it_tells(state, amount, told, mails):
    order = state()
    order.mail.all().delete()
    client = support()

    page, confirmed = confirm(
        client, order, "refund", fill_in(client, order, "refund", amount=amount, reason="MISTAKE")
    )
    client.post(url_of(order, "refund"), confirmed)

    assert told in " ".join(page.context["effects"])
    assert order.mail.count() == mails


def test_refund_of_what_is_cancelled_offers_no_mail_and_sends_none():
    order = a_reservation()
    how = Cancelling(coins=Coins.PART, amount=Decimal(33), reason=Reason.MISTAKE)
    cancel_order(order, how=how, by=BY)
    told = (order.mail.count(), order.messages.count())
    client = support()

    form = client.get(url_of(order, "refund")).context["form"]
    _, confirmed = confirm(
        client, order, "refund", fill_in(client, order, "refund", reason="MISTAKE")
    )
    client.post(url_of(order, "refund"), confirmed)

    assert "notify" not in form.fields
    assert form.fields["reason"].help_text == "Kept in the timeline. Nobody is told."
    assert Order.objects.get(pk=order.pk).refunded == 100
    assert (order.mail.count(), order.messages.count()) == told


def test_player_is_told_at_the_address_that_is_known(acquired):
    acquired.delivery.email = ""
    acquired.delivery.save()
    acquired.player.email = "ivo@example.com"
    acquired.player.save()
    acquired.mail.all().delete()
    client = support()

    page, confirmed = confirm(
        client, acquired, "cancel", fill_in(client, acquired, "cancel", **CANCEL)
    )
    client.post(url_of(acquired, "cancel"), confirmed)

    assert "The player is told by mail, the establishment by webhook." in page.context["effects"]
    assert acquired.mail.get().to == "ivo@example.com"


def test_what_was_filled_in_can_be_changed_after_its_effect_was_shown(acquired):
    client = support()
    given = {**CANCEL, "coins": "part", "amount": "12.5"}
    shown, confirmed = confirm(
        client, acquired, "cancel", fill_in(client, acquired, "cancel", **given)
    )
    to_change = {name: value for name, value in confirmed.items() if name != "confirm"}

    page = client.post(url_of(acquired, "cancel"), {**to_change, "change": ""})
    form = fields_of(page)
    again, confirmed = confirm(client, acquired, "cancel", form | {"amount": "13"})
    client.post(url_of(acquired, "cancel"), confirmed)

    assert 'name="change"' in shown.content.decode()
    assert {name: form[name] for name in given} == given
    assert not page.context["form"].fields["amount"].widget.is_hidden
    assert page.context["button"] == "Show what it does"
    assert (
        again.context["effects"][0] == "13 of the 100 coins that were paid go back to the player."
    )
    assert moved(acquired) == ("cancelled", 913, (10, 0))


def test_amount_that_is_not_asked_for_is_not_looked_at(acquired):
    client = support()
    given = {**CANCEL, "coins": "all", "amount": "abc"}

    page, _ = confirm(client, acquired, "cancel", fill_in(client, acquired, "cancel", **given))

    assert page.context["effects"][0] == "All 100 coins that were paid go back to the player."


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_cancel_once(acquired, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)
    client = support()
    form = fill_in(client, acquired, "cancel", **CANCEL)
    _, confirmed = confirm(client, acquired, "cancel", form)

    with threads(2) as start:
        with transaction.atomic():
            lock_player(acquired.player_id)
            clicks = [start(client.post, url_of(acquired, "cancel"), confirmed) for _ in range(2)]
            wait_until(lambda: blocked() == 2)
        answers = [click.result(timeout=30) for click in clicks]

    assert {answer.url for answer in answers} == {f"/admin/orders/order/{acquired.pk}/change/"}
    assert Payment.objects.filter(order=acquired, kind="refund").count() == 1
    assert moved(acquired) == ("cancelled", 1_000, (10, 0))
