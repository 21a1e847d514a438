import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.admin import bulk_cancel, bulk_form
from orders.models import BulkCancellation, Order, Payment
from orders.services.capture_delivery import capture_delivery
from orders.services.complete_order import complete_order
from tests.factories import ProductFactory
from tests.orders.admin.asking import ORDERS, errors_of, fields_of, support
from tests.orders.reserving import ADDRESS, BY, a_reservation
from tests.staff import said

pytestmark = pytest.mark.django_db

CANCEL = f"{ORDERS}cancel/"
HOW = {"coins": "all", "stock": "return", "loot": "take_back", "reason": "DUPLICATE"}


def acquired(**given):
    order = a_reservation(**given)
    capture_delivery(order=order, overrides=ADDRESS, by=BY)
    return complete_order(order=order, by=BY)


@pytest.fixture
def three():
    """A reservation and two acquisitions, of one product."""
    product = ProductFactory()
    return [a_reservation(product=product), acquired(product=product), acquired(product=product)]


def select(client, orders, **given):
    keys = [order.pk for order in orders]
    return client.post(ORDERS, {"action": "cancel_selected", "_selected_action": keys, **given})


def look(client, orders, **given):
    """The page of the effects, and what its button sends."""
    form = fields_of(select(client, orders)) | HOW | given
    page = client.post(CANCEL, form)
    return page, {**fields_of(page), "confirm": ""}


def statuses(orders):
    found = Order.objects.in_bulk([order.pk for order in orders])
    return [found[order.pk].status for order in orders]


def told(page):
    """The last column, by the first."""
    rows = page.context["panel"].rows
    return {str(row[0]).split(">")[1].split(" (")[0]: str(row[-1]) for row in rows}


def test_effect_on_each_is_shown_then_each_is_cancelled(three):
    client = support()

    page, confirmed = look(client, three)
    before = statuses(three)
    done = client.post(CANCEL, confirmed)

    assert before == ["reserved", "completed", "completed"]
    assert page.context["effects"] == [
        "300 coins go back in all.",
        "Reason: Ordered twice",
    ]
    assert page.context["button"] == "Cancel 3 orders"
    assert "All 100 coins" in told(page)[three[0].reference]
    assert statuses(three) == ["cancelled"] * 3
    assert done.context["title"] == "3 of 3 orders cancelled"
    assert told(done) == {order.reference: "<ul><li>Cancelled.</li></ul>" for order in three}
    assert {event.by for order in three for event in order.events.filter(kind="cancellation")} == {
        f"staff:{client.member.pk}"
    }


def test_sent_twice_each_is_cancelled_once(three):
    client = support()
    _, confirmed = look(client, three)

    pages = [client.post(CANCEL, confirmed) for _ in range(2)]

    assert [told(page) for page in pages] == [told(pages[0])] * 2
    assert pages[1].context["title"] == "3 of 3 orders cancelled"
    assert Payment.objects.filter(kind="refund").count() == 3


def test_coins_follow_the_status_where_so_chosen(three):
    client = support()

    _, confirmed = look(client, three, coins="by_status")
    client.post(CANCEL, confirmed)

    refunded = [Order.objects.get(pk=order.pk).refunded for order in three]
    assert refunded == [100, 0, 0]


def test_who_may_not_refund_can_only_follow_the_status(three):
    client = support("orders.cancel_order")
    form = fields_of(select(client, three)) | HOW

    forged = client.post(CANCEL, form)
    _, confirmed = look(client, three, coins="by_status")
    client.post(CANCEL, confirmed)

    assert list(errors_of(forged)) == ["coins"]
    assert [Order.objects.get(pk=order.pk).refunded for order in three] == [100, 0, 0]


def test_one_that_moved_is_refused_and_the_others_are_done(three):
    client = support()
    _, confirmed = look(client, three)
    capture_delivery(order=three[0], overrides=ADDRESS, by=BY)

    page = client.post(CANCEL, confirmed)

    assert statuses(three) == ["reserved", "cancelled", "cancelled"]
    assert page.context["title"] == "2 of 3 orders cancelled"
    assert "has changed meanwhile" in told(page)[three[0].reference]


def test_one_that_cannot_be_cancelled_is_shown_first_and_left_out(three):
    client = support()
    _, alone = look(client, three[2:])
    client.post(CANCEL, alone)

    page, confirmed = look(client, three)
    done = client.post(CANCEL, confirmed)

    assert next(iter(told(page))) == three[2].reference
    assert "It is cancelled already." in told(page)[three[2].reference]
    assert page.context["button"] == "Cancel 2 orders"
    assert list(json.loads(confirmed["seen"])) == [str(three[1].pk), str(three[0].pk)]
    assert done.context["title"] == "2 of 3 orders cancelled"
    assert "It is cancelled already." in told(done)[three[2].reference]


def test_choices_for_many_can_be_changed_after_their_effect_was_shown(three):
    client = support()
    _, confirmed = look(client, three, note="Ticket 4711", coins="none")
    to_change = {name: value for name, value in confirmed.items() if name != "confirm"}

    page = client.post(CANCEL, {**to_change, "change": ""})
    form = fields_of(page)

    assert statuses(three) == ["reserved", "completed", "completed"]
    assert page.context["button"] == "Show what it does"
    assert (form["note"], form["coins"], form["orders"]) == (
        "Ticket 4711",
        "none",
        confirmed["orders"],
    )


def test_selection_stays_as_it_was_selected(three):
    client = support()
    _, confirmed = look(client, three[:2])
    late = a_reservation(product=three[0].product)

    client.post(CANCEL, confirmed)

    assert statuses([*three, late]) == ["cancelled", "cancelled", "completed", "reserved"]


def test_nothing_is_done_unseen(three):
    client = support()
    form = fields_of(select(client, three)) | HOW

    page = client.post(CANCEL, {**form, "confirm": ""})

    assert page.context["button"] == "Cancel 3 orders"
    assert statuses(three) == ["reserved", "completed", "completed"]


def test_form_says_what_is_missing(three):
    client = support()

    page = client.post(CANCEL, fields_of(select(client, three)) | {"coins": "part"})

    assert errors_of(page) == {
        "amount": ["Say how much."],
        "reason": ["This field is required."],
    }


def test_too_many_for_one_page_are_settled_as_a_bulk_cancellation(three, monkeypatch):
    monkeypatch.setattr(bulk_cancel, "MOST", 2)
    monkeypatch.setattr(bulk_form, "MOST", 2)
    client = support()
    keys = ",".join(str(order.pk) for order in three)

    chosen = select(client, three)
    sent = client.post(CANCEL, {**HOW, "orders": keys}, follow=True)

    bulk = BulkCancellation.objects.get()
    assert chosen.url == f"/admin/orders/bulkcancellation/{bulk.pk}/change/"
    assert [row.order_id for row in bulk.rows.order_by("pk")] == [
        order.pk for order in reversed(three)
    ]
    assert said(sent) == [bulk_form.TOO_MANY]
    assert statuses(three) == ["reserved", "completed", "completed"]


@pytest.mark.parametrize("given", [{"orders": ""}, {"orders": "x,"}, {}])
def test_selection_that_is_none_leads_back_to_the_list(three, given):
    answer = support().post(CANCEL, HOW | given)

    assert (answer.status_code, answer.url) == (302, ORDERS)


@pytest.mark.parametrize("seen", ["x", "[]", "3"])
def test_seen_that_is_none_of_ours_is_looked_at_again(three, seen):
    client = support()
    form = fields_of(select(client, three)) | HOW

    page = client.post(CANCEL, {**form, "seen": seen, "confirm": ""})

    assert errors_of(page) == {"seen": ["Look at what it does again."]}
    assert statuses(three) == ["reserved", "completed", "completed"]


def test_page_leads_back_to_the_list_when_it_is_only_opened():
    assert support().get(CANCEL).url == ORDERS


def test_who_may_not_cancel_has_no_action_and_no_page(three):
    client = support("orders.note_order")

    assert client.post(CANCEL, HOW).status_code == 403
    assert "cancel_selected" not in client.get(ORDERS).content.decode()
    select(client, three)
    assert statuses(three) == ["reserved", "completed", "completed"]


def test_pages_ask_no_more_for_three_orders_than_for_one(three):
    client = support()
    look(client, three)

    counts = []
    for orders in (three[:1], three):
        with CaptureQueriesContext(connection) as asked:
            look(client, orders)
        counts.append(len(asked))

    assert counts[0] == counts[1]
    assert counts[0] < 26
