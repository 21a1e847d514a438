import re
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.admin import undoing
from inventory.models import InventoryRecord, PlayerOrder, PlayerOrderEntry
from players.services.lock_player import lock_player
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.inventory.test_admin_grant import wait_until_someone_waits
from tests.placing import create, fill, place, update
from tests.staff import said, staff, superuser
from tests.threads import threads

pytestmark = pytest.mark.django_db

RIGHTS = ("view", "inventory.undo_playerorder")
ORDERS = "/admin/inventory/playerorder/"


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def gems():
    return ItemFactory(id=10, name="gems")


@pytest.fixture
def five(player, gems):
    """The order that gave the player five gems."""
    return place(player, create(gems, 5))


@pytest.fixture
def support():
    return staff(*RIGHTS)


def url_of(order):
    return f"{ORDERS}{order.pk}/undo/"


def ask(client, order, **given):
    """What the form would send after it was opened."""
    order_id = client.get(url_of(order)).context["form"].initial["order_id"]
    return {"order_id": str(order_id), "policy": "refuse", "reason": "Ticket 4711", **given}


def confirm(client, order, form):
    """Send the form, and then what the page that shows the effect would send."""
    page = client.post(url_of(order), form)
    hidden = {field.html_name: field.value() for field in page.context["form"]}
    sent = {name: value for name, value in hidden.items() if value not in (None, "")}
    return page, {**sent, "confirm": ""}


def refunds():
    return list(PlayerOrder.objects.filter(source="REFUND"))


def errors_of(answer):
    return list(answer.context["form"].non_field_errors())


def buttons_of(client, order):
    page = client.get(f"{ORDERS}{order.pk}/change/")
    return [(button.label, button.disabled) for button in page.context["buttons"]]


@pytest.mark.parametrize(
    ("caller", "status"),
    [
        (lambda: staff("view"), 403),
        (lambda: staff("view", "inventory.grant_inventory"), 403),
        (lambda: staff("inventory.undo_playerorder"), 403),
        (lambda: staff(*RIGHTS), 200),
        (superuser, 200),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_page_opens_for_those_who_may(five, caller, method, status):
    assert getattr(caller(), method)(url_of(five)).status_code == status
    assert refunds() == []


def test_button_is_there_for_those_who_may(support, five):
    assert ("Undo", "") in buttons_of(support, five)
    assert "Undo" not in dict(buttons_of(staff("view"), five))


def test_undoing_is_shown_then_done(support, player, five):
    record = InventoryRecord.objects.get()
    form = ask(support, five)

    page, confirmed = confirm(support, five, form)
    refunds_then = refunds()
    answer = support.post(url_of(five), confirmed, follow=True)

    assert page.context["lines"] == [
        f"Order {five} of {player}",
        f"gems (10): 5 → 0 (-5). In bucket none, record {record.pk}",
        "What to take back: All of it, or nothing",
        "Reason: Ticket 4711",
    ]
    assert refunds_then == []
    [undone] = refunds()
    assert answer.redirect_chain == [(f"{ORDERS}{undone.pk}/change/", 302)]
    assert said(answer) == ["Undone, as this order shows."]
    [entry] = answer.context["entries"]
    assert entry.effects == ["gems (10): 5 → 0 (-5)"]
    assert (undone.placed_by, undone.reason) == (f"staff:{support.member.pk}", "Ticket 4711")
    assert undone.request_id


def test_first_page_shows_what_could_be_taken_back(support, player, five):
    record = InventoryRecord.objects.get()
    place(player, update(record, 2))

    page = support.get(url_of(five))

    assert page.context["lines"] == [
        f"Order {five} of {player}",
        f"gems (10): 2 → 0 (-2); 3 of 5 are gone already. In bucket none, record {record.pk}",
    ]


def test_goods_that_are_gone_are_an_error_until_the_policy_allows_it(support, player, five):
    record = InventoryRecord.objects.get()
    place(player, update(record, 2))
    form = ask(support, five)

    answer = support.post(url_of(five), form)
    page, confirmed = confirm(support, five, {**form, "policy": "take_what_is_left"})
    support.post(url_of(five), confirmed)

    assert errors_of(answer) == [
        "Not all of it can be taken back.",
        "Choose “Take back what is left” to take the rest.",
    ]
    assert page.context["lines"][1] == (
        f"gems (10): 2 → 0 (-2); 3 of 5 are gone already. In bucket none, record {record.pk}"
    )
    assert len(refunds()) == 1
    assert InventoryRecord.objects.get().count == 0


def test_undoing_is_refused_when_the_goods_moved_since_they_were_shown(support, player, five):
    _, confirmed = confirm(support, five, ask(support, five))
    place(player, update(InventoryRecord.objects.get(), 9))

    answer = support.post(url_of(five), confirmed)

    assert errors_of(answer) == [
        "What would be taken back has changed meanwhile. Look at it again."
    ]
    assert refunds() == []
    assert InventoryRecord.objects.get().count == 9


def test_undoing_that_was_refused_may_be_confirmed_anew(support, player, five):
    form = ask(support, five)
    _, confirmed = confirm(support, five, form)
    place(player, update(InventoryRecord.objects.get(), 9))
    support.post(url_of(five), confirmed)

    page, confirmed = confirm(support, five, form)
    support.post(url_of(five), confirmed)

    assert page.context["lines"][1].startswith("gems (10): 9 → 4 (-5)")
    assert InventoryRecord.objects.get().count == 4


def test_undoing_is_refused_while_orders_wait(support, player, gems, five):
    _, confirmed = confirm(support, five, ask(support, five))
    place(player, create(gems), wait=False)

    answer = support.post(url_of(five), confirmed)

    assert errors_of(answer) == [
        "Orders of this player are waiting to be done. Try again in a moment."
    ]
    assert refunds() == []


def test_undoing_is_never_done_unseen(support, five):
    answer = support.post(url_of(five), {**ask(support, five), "confirm": ""})

    assert answer.context["form"]["seen"].value()
    assert refunds() == []


def test_reason_is_asked_for(support, five):
    answer = support.post(url_of(five), ask(support, five, reason=""))

    assert answer.context["form"].errors == {"reason": ["This field is required."]}


def test_same_confirmation_sent_twice_undoes_once(support, five):
    _, confirmed = confirm(support, five, ask(support, five))

    first = support.post(url_of(five), confirmed)
    second = support.post(url_of(five), confirmed)

    assert first.url == second.url
    assert len(refunds()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_undo_once(support, player, five, settings):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta(seconds=30)
    _, confirmed = confirm(support, five, ask(support, five))

    with threads(2) as start:
        with transaction.atomic():
            lock_player(player.pk)
            clicks = [start(support.post, url_of(five), confirmed) for _ in range(2)]
            wait_until_someone_waits(how_many=2)
        answers = [click.result(timeout=30) for click in clicks]

    [undone] = refunds()
    assert {answer.url for answer in answers} == {f"{ORDERS}{undone.pk}/change/"}
    assert InventoryRecord.objects.get().count == 0


def undo(client, order):
    _, confirmed = confirm(client, order, ask(client, order))
    client.post(url_of(order), confirmed)
    return PlayerOrder.objects.get(undoes=order)


def test_button_says_why_an_order_cannot_be_undone(support, player, gems, five):
    failed = place(player, fill(LootFactory(active=False)))
    undone = undo(support, five)
    waiting = place(player, create(gems), wait=False)

    reasons = [
        dict(buttons_of(support, order))["Undo"] for order in (failed, five, undone, waiting)
    ]

    assert reasons == [
        "It changed nothing that the player has.",
        "It has been undone already.",
        "It undoes another order itself.",
        "It is not done yet.",
    ]


def text_of(html):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", "", html)).strip()


def warnings_of(page):
    return [text_of(line) for line in page.context["warnings"]]


def test_page_of_what_is_undone_says_so_without_a_form(support, five):
    undone = undo(support, five)

    page = support.get(url_of(five))

    assert warnings_of(page) == [f"It has been undone already. By order {undone}."]
    assert f'href="{ORDERS}{undone.pk}/change/"' in page.content.decode()
    assert "form" not in page.context


def test_orders_are_linked_both_ways_in_pages_and_lists(support, five):
    undone = undo(support, five)

    pages = [support.get(f"{ORDERS}{order.pk}/change/") for order in (five, undone)]
    shown = support.get(ORDERS).content.decode()

    for page, other, words in zip(
        pages, (undone, five), (f"undone by {undone}", f"undoes {five}"), strict=True
    ):
        assert words in text_of(page.content.decode())
        assert f'href="{ORDERS}{other.pk}/change/"' in page.content.decode()
        assert words in text_of(shown)


def test_what_the_player_keeps_is_named_on_both_pages(support, player, gems, five, monkeypatch):
    entry = five.entries.get()
    children = [place(player, create(ItemFactory(id=5000, name="hat"), 15))]
    children += [place(player, create(gems, number)) for number in (1, 2)]
    undo(support, children[1])
    PlayerOrder.objects.filter(pk=children[0].pk).update(caused_by=entry)
    PlayerOrder.objects.exclude(pk=children[0].pk).filter(
        pk__in=[child.pk for child in children]
    ).update(caused_by=children[0].entries.get())
    late = place(player, create(gems), wait=False)
    PlayerOrder.objects.filter(pk=late.pk).update(caused_by=entry)
    PlayerOrderEntry.objects.filter(pk=entry.pk).update(
        notes=[{"at": 0, "type": "claim_promo_code", "loot_id": 700, "code": "WELCOME"}]
    )

    asked = support.get(url_of(five))
    shown, _ = confirm(support, five, ask(support, five))

    assert warnings_of(asked) == [
        f"The player keeps: +15 hat (order {children[0]})",
        f"Still to come: order {late}",
        f"The player keeps: +2 gems (order {children[2]})",
        "Not included: the use of the code WELCOME stays used",
    ]
    assert warnings_of(shown) == warnings_of(asked)
    assert f'href="{ORDERS}{children[0].pk}/change/"' in shown.content.decode()

    monkeypatch.setattr(undoing, "ORDERS_NAMED", 1)
    assert warnings_of(support.get(url_of(five)))[1] == "and 2 more"


def test_entries_show_changes_and_what_happened_between_them_in_order(player, gems):
    LootFactory(id=700, name="gift", item=gems)
    order = place(player, create(gems, 5))
    child = place(player, create(gems, 1))
    order.entries.update(
        notes=[
            {"at": 0, "type": "claim_promo_code", "loot_id": 700, "code": "WELCOME"},
            {"at": 2, "type": "new_order", "loot_id": 700, "order_id": child.order_id},
            {"at": 3, "type": "new_order", "loot_id": None, "order_id": "gone"},
            {"at": 4, "type": "dynamic_bundle_lti", "loot_id": 701},
            {"at": 5, "type": "return_promo_code", "loot_id": 700, "code": "WELCOME"},
        ]
    )

    page = staff("view").get(f"{ORDERS}{order.pk}/change/")

    [entry] = page.context["entries"]
    assert [text_of(effect) for effect in entry.effects] == [
        "Took a use of the code WELCOME, for loot gift (700)",
        "gems (10): new record with 5 (+5)",
        f"New order {child}, for loot gift (700)",
        "New order gone",
        "Of the bundle: loot unknown (701)",
        "Gave the use of the code WELCOME back",
    ]
    assert f'href="{ORDERS}{child.pk}/change/"' in page.content.decode()


def test_expired_goods_are_not_asked_for(support, five):
    form = ask(support, five)
    InventoryRecord.objects.update(expires=timezone.now() - timedelta(hours=1))

    answer = support.post(url_of(five), form)

    assert warnings_of(answer) == ["Nothing is left to take back."]
    assert answer.context["lines"][1].startswith("gems (10): nothing, 5 stay; it has expired.")
    assert "form" not in answer.context


def test_page_asks_no_more_for_many_records_than_for_one(support, player):
    orders = [
        place(player, *[create(ItemFactory(id=5000 + 10 * n + number)) for number in range(n)])
        for n in (1, 2, 5)
    ]
    support.get(url_of(orders[0]))

    counts = []
    for order in orders:
        with CaptureQueriesContext(connection) as asked:
            support.get(url_of(order))
        counts.append(len(asked))

    assert counts == [counts[0]] * 3
    assert counts[0] < 15
