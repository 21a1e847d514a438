import re
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog.models import Item
from inventory.admin.forms import correction_url
from inventory.errors import InventoryMoved, OrdersWaiting
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder
from inventory.services.correct_inventory import correct_inventory
from players.errors import PlayerBusy
from players.services.lock_player import lock_player
from tests.factories import ItemFactory, PlayerFactory, UserFactory
from tests.placing import create, place, update
from tests.staff import said, staff
from tests.threads import elsewhere, threads

pytestmark = pytest.mark.django_db

RIGHTS = ("view", "inventory.grant_inventory")


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def gems():
    return ItemFactory(id=10, name="gems")


@pytest.fixture
def five(player, gems):
    """The player's record of five gems."""
    place(player, create(gems, 5))
    return InventoryRecord.objects.select_related("item").get()


@pytest.fixture
def support():
    return staff(*RIGHTS)


def url_of(player):
    return f"/admin/players/player/{player.pk}/inventory/"


def ask(client, url, **given):
    """What the form would send after it was opened."""
    order_id = client.get(url).context["form"].initial["order_id"]
    return {"order_id": str(order_id), "reason": "Ticket 4711", **given}


def confirm(client, url, form):
    """Send the form, and then what the page that shows the effect would send."""
    page = client.post(url, form)
    hidden = {field.html_name: field.value() for field in page.context["form"]}
    sent = {name: value for name, value in hidden.items() if value not in (None, "")}
    return page, {**sent, "confirm": ""}


def support_orders():
    return list(PlayerOrder.objects.filter(source="SUPPORT"))


def test_gift_is_shown_then_made_by_a_support_order(support, player, gems):
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=3)

    page, confirmed = confirm(support, url_of(player), form)
    orders_then = support_orders()
    answer = support.post(url_of(player), confirmed, follow=True)

    assert page.context["lines"] == [
        "gems (10): a new record with 3; 3 in all",
        "Reason: Ticket 4711",
    ]
    assert orders_then == []
    [order] = support_orders()
    assert answer.redirect_chain == [(f"/admin/inventory/playerorder/{order.pk}/change/", 302)]
    assert said(answer) == ["Done, as this order shows."]
    assert (order.order_id, order.placed_by, order.reason, order.permissions) == (
        form["order_id"],
        f"staff:{support.member.pk}",
        "Ticket 4711",
        ["inventory"],
    )
    assert order.request_id
    assert [record.count for record in player.inventory_records.all()] == [3]


def test_gift_stacks_as_loot_does(support, player, gems, five):
    place(player, create(gems, 7))
    stack = player.inventory_records.latest("acquired")
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=3)

    page, confirmed = confirm(support, url_of(player), form)
    answer = support.post(url_of(player), confirmed, follow=True)

    assert page.context["lines"] == [
        "gems (10): 7 → 10 (+3)",
        f"In bucket none, record {stack.pk}",
        "Reason: Ticket 4711",
    ]
    assert said(answer) == ["Done, as this order shows."]
    assert dict(player.inventory_records.values_list("pk", "count")) == {five.pk: 5, stack.pk: 10}


@pytest.mark.parametrize(
    "fields",
    [
        {"use_inventory_bucket": "steam"},
        {"expires": "2120-01-01T00:00:00+00:00"},
        {"custom_data": {"serial": "A1"}},
    ],
)
def test_gift_does_not_stack_on_what_is_not_alike(support, player, gems, fields):
    place(player, create(gems, 5, fields=fields), source="SYSTEM")
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=3)

    page, confirmed = confirm(support, url_of(player), form)
    support.post(url_of(player), confirmed)

    assert page.context["lines"][0] == "gems (10): a new record with 3; 8 in all"
    assert sorted(player.inventory_records.values_list("count", flat=True)) == [3, 5]


def test_gift_is_shown_anew_when_it_would_go_elsewhere(support, player, gems):
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=3)
    _, confirmed = confirm(support, url_of(player), form)
    place(player, create(gems, 5))

    page, confirmed = confirm(support, url_of(player), confirmed)
    orders_then = support_orders()
    support.post(url_of(player), confirmed)

    assert page.context["lines"][0] == "gems (10): 5 → 8 (+3)"
    assert orders_then == []
    assert InventoryRecord.objects.get().count == 8


def test_gift_that_would_be_a_new_record_after_all_is_shown_anew(support, player, gems, five):
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=3)
    _, confirmed = confirm(support, url_of(player), form)
    place(player, update(five, 5, fields={"custom_data": {"serial": "A1"}}), source="SYSTEM")

    page = support.post(url_of(player), confirmed)

    assert page.context["lines"][0] == "gems (10): a new record with 3; 8 in all"
    assert support_orders() == []


def test_gift_is_refused_when_the_count_has_changed(support, player, gems, five):
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=3)
    _, confirmed = confirm(support, url_of(player), form)
    place(player, update(five, 9))

    answer = support.post(url_of(player), confirmed)

    assert answer.context["form"].non_field_errors() == [
        "The count has changed meanwhile: it was 5 and is 9 now."
    ]
    assert support_orders() == []
    assert InventoryRecord.objects.get().count == 9


def history_of(client, player):
    page = client.get(f"/admin/players/player/{player.pk}/history/")
    return [
        (action.user, action.get_change_message())
        for action in page.context["action_list"].object_list
    ]


def test_players_history_says_what_staff_did_once(support, player, gems):
    for operation in ("give", "take"):
        form = ask(support, url_of(player), operation=operation, item=gems.pk, quantity=1)
        _, confirmed = confirm(support, url_of(player), form)
        support.post(url_of(player), confirmed)
        support.post(url_of(player), confirmed)

    gift, correction = PlayerOrder.objects.order_by("pk")
    assert history_of(support, player) == [
        (support.member, f"gems (10): a new record with 1; 1 in all, by order {gift.order_id}"),
        (support.member, f"gems (10): 1 → 0 (-1), by order {correction.order_id}"),
    ]
    assert str(player) in support.get("/admin/").content.decode()


def test_players_history_is_silent_about_what_was_refused(support, player, gems):
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=1)
    _, confirmed = confirm(support, url_of(player), form)
    Item.objects.update(active=False)

    support.post(url_of(player), confirmed)

    assert len(support_orders()) == 1
    assert history_of(support, player) == []


@pytest.mark.parametrize("chosen", [True, False])
def test_form_says_whose_inventory_it_is(support, player, gems, five, chosen):
    url = correction_url(five) if chosen else url_of(player)

    asked = support.get(url)
    page, _ = confirm(support, url, ask(support, url, operation="set", item=gems.pk, quantity=1))

    assert [answer.context["title"] for answer in (asked, page)] == [
        f"Inventory of {player}",
        f"Inventory of {player}: is that right?",
    ]
    assert [
        re.findall(rf'href="/admin/players/player/{player.pk}/change/"[^>]*>\s*([^<]*?)\s*<', html)[
            0
        ]
        for html in (asked.content.decode(), page.content.decode())
    ] == [str(player), str(player)]


@pytest.mark.parametrize(
    ("operation", "quantity", "count", "line"),
    [
        ("take", 2, 3, "gems (10): 5 → 3 (-2)"),
        ("take", 5, 0, "gems (10): 5 → 0 (-5)"),
        ("give", 5, 10, "gems (10): 5 → 10 (+5)"),
        ("set", 12, 12, "gems (10): 5 → 12 (+7)"),
        ("set", 0, 0, "gems (10): 5 → 0 (-5)"),
    ],
)
@pytest.mark.parametrize("chosen", [True, False])
def test_correction_is_shown_then_made(
    support, player, gems, five, operation, quantity, count, line, chosen
):
    url = correction_url(five) if chosen else url_of(player)
    form = ask(support, url, operation=operation, item=gems.pk, quantity=quantity)

    page, confirmed = confirm(support, url, form)
    answer = support.post(url, confirmed, follow=True)

    assert page.context["lines"][:2] == [line, f"In bucket none, record {five.pk}"]
    assert said(answer) == ["Done, as this order shows."]
    assert InventoryRecord.objects.get().count == count
    assert InventoryChange.objects.latest("pk").delta == count - 5


def test_correction_keeps_expiry_bucket_and_custom_data(support, player, gems):
    expires = timezone.now() + timedelta(days=30)
    fields = {
        "expires": expires.isoformat(),
        "custom_data": {"serial": "A1"},
        "use_inventory_bucket": "steam",
    }
    place(player, create(gems, 5, fields=fields), source="SYSTEM")
    before = InventoryRecord.objects.values().get()

    url = correction_url(InventoryRecord.objects.get())
    _, confirmed = confirm(support, url, ask(support, url, operation="set", quantity=4))
    support.post(url, confirmed)

    assert InventoryRecord.objects.values().get() == {**before, "count": 4}
    assert before["bucket"] == "steam"
    assert before["expires"] == expires


@pytest.mark.parametrize("operation", ["give", "take"])
def test_same_confirmation_sent_twice_gives_one_order(support, player, gems, five, operation):
    form = ask(support, url_of(player), operation=operation, item=gems.pk, quantity=3)
    _, confirmed = confirm(support, url_of(player), form)

    first = support.post(url_of(player), confirmed)
    second = support.post(url_of(player), confirmed)

    assert first.url == second.url
    assert len(support_orders()) == 1
    assert InventoryChange.objects.count() == 2


@pytest.mark.parametrize(("operation", "quantity"), [("take", 5), ("set", 0)])
def test_same_confirmation_sent_twice_though_it_could_not_be_done_again(
    support, player, gems, five, operation, quantity
):
    form = ask(support, url_of(player), operation=operation, item=gems.pk, quantity=quantity)
    _, confirmed = confirm(support, url_of(player), form)

    first = support.post(url_of(player), confirmed)
    second = support.post(url_of(player), confirmed)

    assert first.url == second.url
    assert len(support_orders()) == 1


def test_correction_is_refused_when_the_count_has_changed(support, player, gems, five):
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)
    _, confirmed = confirm(support, url_of(player), form)
    place(player, update(five, 9))

    answer = support.post(url_of(player), confirmed)

    assert answer.context["form"].non_field_errors() == [
        "The count has changed meanwhile: it was 5 and is 9 now."
    ]
    assert support_orders() == []
    assert InventoryRecord.objects.get().count == 9


def test_correction_that_was_refused_may_be_confirmed_anew(support, player, gems, five):
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)
    _, confirmed = confirm(support, url_of(player), form)
    place(player, update(five, 9))
    support.post(url_of(player), confirmed)

    page, confirmed = confirm(support, url_of(player), form)
    support.post(url_of(player), confirmed)

    assert page.context["lines"][0].startswith("gems (10): 9 → 8 (-1)")
    assert InventoryRecord.objects.get().count == 8


def test_correction_is_never_made_unseen(support, player, gems, five):
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)

    answer = support.post(url_of(player), {**form, "confirm": ""})

    assert answer.context["form"]["seen"].value() == "5"
    assert support_orders() == []


def test_correction_waits_for_the_players_orders(support, player, gems, five):
    place(player, create(gems, 1), wait=False)
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)
    _, confirmed = confirm(support, url_of(player), form)

    answer = support.post(url_of(player), confirmed)

    assert "waiting" in answer.context["form"].non_field_errors()[0]
    assert support_orders() == []
    assert InventoryRecord.objects.get().count == 5


def test_correction_does_not_wait_for_a_worker(support, player, gems, five, settings):
    settings.PLAYER_ORDERS_INLINE = False
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)
    _, confirmed = confirm(support, url_of(player), form)

    support.post(url_of(player), confirmed)

    assert InventoryRecord.objects.get().count == 4


def test_gift_that_has_to_wait_says_so(support, player, gems):
    place(player, create(gems, 1), wait=False)
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=1)
    _, confirmed = confirm(support, url_of(player), form)

    answer = support.post(url_of(player), confirmed, follow=True)

    assert said(answer) == ["The order is accepted and waits for the player's older orders."]


def test_refusal_of_the_order_is_said_in_words(support, player, gems):
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=1)
    _, confirmed = confirm(support, url_of(player), form)
    Item.objects.update(active=False)

    answer = support.post(url_of(player), confirmed, follow=True)

    assert said(answer) == ["Nothing was changed. The item is switched off. (item_not_active)"]
    assert not InventoryRecord.objects.exists()


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"reason": " "}, "reason", "This field is required."),
        ({"quantity": "0", "operation": "give"}, "quantity", "That changes nothing: there are 5."),
        ({"quantity": str(2**53 - 5), "operation": "give"}, "quantity", "There are 5: that would"),
        ({"quantity": "-1"}, "quantity", "Ensure this value is greater than or equal to 0."),
        ({"quantity": "6"}, "quantity", "There are only 5."),
        ({"quantity": "5", "operation": "set"}, "quantity", "That changes nothing: there are 5."),
        ({"item": "11"}, "item", "The player has no record of this item."),
        ({"item": "12"}, "item", "Select a valid choice."),
        ({"item": "99"}, "item", "Select a valid choice."),
        ({"operation": "burn"}, "operation", "Select a valid choice."),
        ({"order_id": ""}, "order_id", "This field is required."),
    ],
)
def test_form_says_what_is_wrong(support, player, gems, five, given, field, message):
    ItemFactory(id=11)
    ItemFactory(id=12, type=Item.Type.RECIPE)
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)

    answer = support.post(url_of(player), {**form, **given, "confirm": ""})

    assert answer.context["form"].errors[field][0].startswith(message)
    assert support_orders() == []


def test_several_records_of_the_item_are_offered(support, player, gems, five):
    place(player, create(gems, 7))
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)

    answer = support.post(url_of(player), form)

    offered = re.findall('<button formaction="([^"]*)"', answer.context["form"].errors["item"][1])
    records = player.inventory_records.order_by("-pk")
    assert offered == [correction_url(record) for record in records]
    # The button sends the same form there: nothing has to be filled in again.
    assert [support.post(url, form).context["lines"][0] for url in offered] == [
        "gems (10): 7 → 6 (-1)",
        "gems (10): 5 → 4 (-1)",
    ]


def test_record_of_another_player_is_not_found(support, five):
    other = PlayerFactory()

    answer = support.get(f"{url_of(other)}?record={five.pk}")

    assert answer.status_code == 404


def test_order_id_of_another_player_is_refused(support, player, gems, five):
    form = ask(support, url_of(player), operation="take", item=gems.pk, quantity=1)
    place(PlayerFactory(), create(gems, 1), order_id=form["order_id"])
    _, confirmed = confirm(support, url_of(player), form)

    answer = support.post(url_of(player), confirmed)

    assert answer.context["form"].non_field_errors() == ["The order id is in use."]
    assert InventoryRecord.objects.get(pk=five.pk).count == 5


def test_items_are_found_by_id_and_by_part_of_the_name(support, gems):
    ItemFactory(id=1010, name="sword")
    ItemFactory(id=11, name="gem box", type=Item.Type.RECIPE)
    ItemFactory(id=12, name="gem hat", always_owned=True)
    url = "/admin/players/player/grantable-items/"

    found = [support.get(url, {"term": term}).json()["results"] for term in ("EM", "10", "x", "")]

    gems_only = [{"id": 10, "text": "gems (10)"}]
    assert found == [gems_only, gems_only, [], [*gems_only, {"id": 1010, "text": "sword (1010)"}]]


def test_expired_record_is_not_corrected(support, player, gems, five):
    InventoryRecord.objects.update(expires=timezone.now() - timedelta(days=1))

    page = support.get(f"/admin/inventory/inventoryrecord/{five.pk}/change/")

    assert [(button.label, button.disabled) for button in page.context["buttons"]] == [
        ("Correct the count", "Expired: what no longer counts is not corrected.")
    ]


# --- The service ---------------------------------------------------------------------------


def correct(record, *, count, seen, order_id=None):
    return correct_inventory(
        record=record,
        count=count,
        seen=seen,
        by=UserFactory(),
        reason="Ticket",
        order_id=order_id or uuid4(),
    )


def test_correct_inventory_refuses_another_count_than_was_seen(five):
    with pytest.raises(InventoryMoved):
        correct(five, count=1, seen=4)

    assert support_orders() == []


def test_correct_inventory_refuses_while_orders_wait(player, gems, five):
    place(player, create(gems, 1), wait=False)

    with pytest.raises(OrdersWaiting):
        correct(five, count=1, seen=5)

    assert support_orders() == []


def test_correct_inventory_gives_the_stored_order_for_the_same_id(five):
    order_id = uuid4()

    first = correct(five, count=1, seen=5, order_id=order_id)
    second = correct(five, count=1, seen=5, order_id=order_id)

    assert first == second
    assert InventoryRecord.objects.get().count == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_corrections_of_what_was_seen_one_is_made(five):
    with threads(2) as start:
        corrections = [start(correct, five, count=count, seen=5) for count in (1, 2)]
        refusals = [correction.exception(timeout=30) for correction in corrections]

    assert sorted(type(refusal) for refusal in refusals if refusal) == [InventoryMoved]
    assert len(support_orders()) == 1
    assert InventoryChange.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_correction_that_waits_keeps_no_order_from_acceptance(player, gems, five):
    with threads(1) as start:
        with transaction.atomic():
            lock_player(player.pk)
            correction = start(correct, five, count=1, seen=5)
            wait_until_someone_waits()
            order = elsewhere(place, player, create(gems), wait=False)
        refusal = correction.exception(timeout=30)

    assert order.state == "accepted"
    assert isinstance(refusal, OrdersWaiting)
    assert InventoryRecord.objects.get().count == 5


@pytest.mark.django_db(transaction=True)
def test_correction_is_refused_while_the_players_orders_are_being_done(player, five, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta()
    with threads(1) as start, transaction.atomic():
        lock_player(player.pk)
        refusal = start(correct, five, count=1, seen=5).exception(timeout=30)

    assert isinstance(refusal, PlayerBusy)
    assert InventoryRecord.objects.get().count == 5


def waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


def wait_until_someone_waits(how_many=1):
    for _ in range(200):
        if waiting() >= how_many:
            return
        time.sleep(0.05)
    pytest.fail("nobody waits for a lock")


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_do_it_once_and_tell_it_once(support, player, gems, five, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)
    form = ask(support, url_of(player), operation="give", item=gems.pk, quantity=3)
    _, confirmed = confirm(support, url_of(player), form)

    with threads(2) as start:
        with transaction.atomic():
            lock_player(player.pk)
            clicks = [start(support.post, url_of(player), confirmed) for _ in range(2)]
            wait_until_someone_waits(how_many=2)
        answers = [click.result(timeout=30) for click in clicks]

    [order] = support_orders()
    assert {answer.url for answer in answers} == {
        f"/admin/inventory/playerorder/{order.pk}/change/"
    }
    assert InventoryRecord.objects.get().count == 8
    assert len(history_of(support, player)) == 1


@pytest.mark.django_db(transaction=True)
def test_correction_sees_what_an_order_was_doing_when_it_came(player, five):
    with threads(1) as start:
        with transaction.atomic():
            place(player, update(five, 9))
            correction = start(correct, five, count=1, seen=5)
            wait_until_someone_waits()
        refusal = correction.exception(timeout=30)

    assert isinstance(refusal, InventoryMoved)
    assert InventoryRecord.objects.get().count == 9
    assert support_orders() == []
