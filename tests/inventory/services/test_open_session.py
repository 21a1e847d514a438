from datetime import timedelta

import pytest
from django.db import connection, transaction

from catalog.models import Item, Loot, PlatformSku
from inventory.models import (
    InventoryRecord,
    InventorySession,
    PlatformEntitlement,
    PlayerOrder,
    PlayerOrderEntry,
)
from inventory.services import open_session as opening
from inventory.services.audit_ledgers import audit_ledgers
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from inventory.services.open_session import open_session
from inventory.services.replay_player_order import RETIRED, replay_player_order
from players.errors import PlayerBusy
from players.services.lock_player import lock_player
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.placing import apply, create, fill, place, update
from tests.threads import threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def daily():
    """What a pass gives at every session: ten gems for the session."""
    return LootFactory(
        quantity=10, inventory_selector_type=Loot.Selector.INHERIT_ENTITLEMENT_INVENTORY
    )


@pytest.fixture
def season_pass(daily):
    return ItemFactory(type=Item.Type.ENTITLEMENT, entitled_loot=daily)


@pytest.fixture
def own_transient():
    return LootFactory(inventory_selector_type=Loot.Selector.OWN_TRANSIENT)


def bought(player, loot, *, platform="Steam", kind=PlatformSku.Type.DURABLE):
    sku = PlatformSku.objects.create(
        id=f"{platform} {loot.pk}", platform=platform, sku=loot.pk, type=kind, loot=loot
    )
    PlatformEntitlement.objects.create(player=player, sku=sku)


def entries(order):
    rows = order.entries.order_by("position")
    return list(rows.values_list("type", "quantity", "loot_id", "result"))


def records():
    rows = InventoryRecord.objects.order_by("acquired", "pk")
    return list(rows.values_list("item_id", "type", "state", "count", "session_id"))


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (InventorySession, PlayerOrder, PlayerOrderEntry, InventoryRecord)
    ]


def test_session_of_who_is_entitled_to_nothing_has_no_order(player):
    session = open_session(player=player, platform="Steam")

    [stored] = InventorySession.objects.values()
    assert stored == {
        "id": session.pk,
        "player_id": player.pk,
        "platform": "Steam",
        "applied_loot": [],
        "order_id": None,
        "opened_at": session.opened_at,
        "closed_at": None,
    }
    assert PlayerOrder.objects.count() == 0


def test_session_gives_what_the_player_is_entitled_to(player, season_pass, daily):
    durable = LootFactory()
    bought(player, durable)
    place(player, create(season_pass))

    session = open_session(player=player, platform="Steam", request_id="request 7")

    order = session.order
    assert (order.state, order.outcome, order.source, order.placed_by, order.permissions) == (
        "done",
        "succeeded",
        "ENTITLEMENTS",
        "system",
        ["loot"],
    )
    assert order.request_id == "request 7"
    assert entries(order) == [
        ("fill_entitled_loot", 1, daily.pk, "success"),
        ("fill_loot_single_transient", 1, durable.pk, "success"),
    ]
    assert records()[1:] == [
        (daily.item_id, "transient", "active", 10, session.pk),
        (durable.item_id, "transient", "active", 1, session.pk),
    ]
    session.refresh_from_db()
    assert session.applied_loot == [durable.pk]


def test_session_gives_nothing_for_what_is_not_owned_here_and_now(player, season_pass, daily):
    place(player, create(season_pass))
    [record] = InventoryRecord.objects.all()
    place(player, update(record, 0))
    place(player, create(ItemFactory(type=Item.Type.ENTITLEMENT)))
    retired = ItemFactory(type=Item.Type.ENTITLEMENT, entitled_loot=daily, active=True)
    place(player, create(retired))
    Item.objects.filter(pk=retired.pk).update(active=False)
    bought(player, LootFactory(), platform="PSN")
    bought(player, LootFactory(), kind=PlatformSku.Type.CONSUMABLE)
    bought(PlayerFactory(), LootFactory())

    assert open_session(player=player, platform="Steam").order is None


def test_opening_closes_the_old_session_and_ends_its_records(player, own_transient):
    old = open_session(player=player)
    place(player, fill(own_transient, 3), fill(LootFactory()), apply(own_transient))

    new = open_session(player=player, platform="PSN")

    old.refresh_from_db()
    assert old.closed_at == new.opened_at
    assert list(player.inventory_sessions.open()) == [new]
    transient = InventoryRecord.objects.get(session=old)
    assert (transient.state, transient.count) == ("expired", 4)
    assert InventoryRecord.objects.get(session=None).state == "active"


def test_record_of_a_closed_session_cannot_be_named(player, own_transient):
    open_session(player=player)
    place(player, fill(own_transient))
    [record] = InventoryRecord.objects.all()
    open_session(player=player)

    order = place(player, update(record, 9))

    assert order.entries.get().result == "inventory_not_found"
    assert records() == [(own_transient.item_id, "transient", "expired", 1, record.session_id)]


def test_loot_is_applied_once_a_session(player, own_transient):
    open_session(player=player)
    first = place(player, apply(own_transient), apply(own_transient))
    again = place(player, apply(own_transient))
    open_session(player=player)
    later = place(player, apply(own_transient))

    results = [
        list(order.entries.order_by("position").values_list("result", flat=True))
        for order in (first, again, later)
    ]
    assert results == [
        ["success", "transient_single_loot_already_applied"],
        ["transient_single_loot_already_applied"],
        ["success"],
    ]
    assert [session.applied_loot for session in InventorySession.objects.all()] == [
        [own_transient.pk],
        [own_transient.pk],
    ]


def test_order_waits_behind_what_waits(player, season_pass, django_capture_on_commit_callbacks):
    place(player, create(season_pass))
    place(player, create(ItemFactory()), wait=False)

    with django_capture_on_commit_callbacks() as callbacks:
        session = open_session(player=player)

    assert session.order.state == "accepted"
    assert callbacks == [knock_for_fulfilment]


def test_order_of_a_session_that_is_closed_before_it_is_done_gives_nothing(
    player, season_pass, daily, settings
):
    place(player, create(season_pass))
    waiting = place(player, create(ItemFactory()), wait=False)
    settings.PLAYER_ORDERS_INLINE = False
    sessions = [open_session(player=player) for _ in range(3)]

    retired = [PlayerOrder.objects.get(pk=session.order_id) for session in sessions[:2]]
    assert [(order.state, order.outcome, order.done_time, entries(order)) for order in retired] == [
        ("done", "failed", later.opened_at, [("fill_entitled_loot", 1, daily.pk, "not_started")])
        for later in sessions[1:]
    ]
    assert [replay_player_order(order).why_not for order in retired] == [RETIRED] * 2
    assert fulfil_waiting(500) == 2

    waiting.refresh_from_db(fields=["outcome"])
    assert waiting.outcome == "succeeded"
    given = InventoryRecord.objects.filter(item=daily.item)
    assert list(given.values_list("count", "session")) == [(10, sessions[2].pk)]


@pytest.mark.django_db(transaction=True)
def test_books_are_sound_while_orders_of_sessions_wait_or_are_not_started(
    player, season_pass, settings
):
    place(player, create(season_pass))
    place(player, create(ItemFactory()), wait=False)
    settings.PLAYER_ORDERS_INLINE = False
    for _ in range(3):
        open_session(player=player)

    assert audit_ledgers(limit=10)["findings"] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lock", ["row", "number"])
def test_player_who_is_not_free_in_time_is_busy(player, settings, lock):
    settings.PLAYER_ORDER_LOCK_WAIT = timedelta()
    with threads(1) as start, transaction.atomic():
        if lock == "row":
            lock_player(player.pk)
        else:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [player.pk])
        refusal = start(open_session, player=player).exception(timeout=30)

    assert isinstance(refusal, PlayerBusy)
    assert rows() == [[], [], [], []]


def test_session_that_dies_half_way_leaves_the_old_one(
    player, season_pass, own_transient, monkeypatch
):
    place(player, create(season_pass))
    open_session(player=player)
    place(player, fill(own_transient))
    before = rows()

    def die(new):
        raise RuntimeError("killed")

    monkeypatch.setattr(opening, "accept_player_order", die)
    with pytest.raises(RuntimeError, match="killed"):
        open_session(player=player)

    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_books_are_sound_after_sessions(player, season_pass, own_transient):
    place(player, create(season_pass))
    bought(player, own_transient, platform="")
    for _ in range(3):
        open_session(player=player)
        place(player, fill(own_transient))

    audit = audit_ledgers(limit=10)
    assert audit["findings"] == []
    assert audit["checked"]["sessions"] == 3
