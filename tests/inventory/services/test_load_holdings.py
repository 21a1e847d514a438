"""What orders see of what is stored, by what becomes of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import Loot, PricePoint, Promotion
from inventory.fulfilment.orders import legacy_inventory_id
from inventory.fulfilment.vocabulary import EntryType
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.accept_player_orders import EntryDraft
from inventory.services.fulfil_player_orders import fulfil_waiting
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.placing import claim, create, fill, place, purchase, update

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


def results(order):
    return list(order.entries.order_by("position").values_list("result", flat=True))


def owned(player):
    return sorted(player.inventory_records.values_list("item_id", "count"))


def update_by_number(number, quantity):
    return EntryDraft(
        type=EntryType.UPDATE_EXISTING_PERSISTENT_INVENTORY,
        quantity=quantity,
        fields={"legacy_inventory_id": number},
    )


def test_record_is_found_by_its_deprecated_number(player):
    item = ItemFactory()
    place(player, *[create(item, count) for count in (1, 2, 3)])
    record = InventoryRecord.objects.get(count=2)

    order = place(player, update_by_number(legacy_inventory_id(record.pk), 9))

    assert results(order) == ["success"]
    assert owned(player) == [(item.pk, 1), (item.pk, 3), (item.pk, 9)]


def test_record_of_another_player_is_not_found_by_its_number(player):
    item = ItemFactory()
    place(player, create(item))
    [record] = InventoryRecord.objects.all()

    order = place(PlayerFactory(), update_by_number(legacy_inventory_id(record.pk), 9))

    assert results(order) == ["inventory_not_found"]
    assert owned(player) == [(item.pk, 1)]


def test_expired_record_is_found_by_its_number_and_counts_for_nothing(player):
    giving = LootFactory()
    taking = LootFactory(
        item=giving.item,
        inventory_operation=Loot.Operation.CHECK_GREATER_THAN_OR_EQUAL_AND_SUBTRACT,
    )
    later = (timezone.now() + timedelta(hours=1)).isoformat()
    place(player, create(giving.item, 5, fields={"expires": later}))
    InventoryRecord.objects.update(expires=timezone.now() - timedelta(hours=1))
    [record] = InventoryRecord.objects.all()
    number = legacy_inventory_id(record.pk)

    # Naming it in the second entry does not make it count in the first.
    order = place(player, fill(taking), update_by_number(number, 6), fill(taking))

    assert results(order) == ["cannot_meet_loot_required", "success", "success"]
    assert owned(player) == [(giving.item_id, 5)]


@pytest.fixture
def sword(player):
    """Loot that is sold for two gems; the player has five."""
    gems = ItemFactory()
    place(player, create(gems, 5))
    price = {"quantity": 1, "currencies": [{"price_item_id": gems.pk, "price": 2}]}
    price_point = PricePoint.objects.create(id="sold", current_breakpoints=[price])
    return LootFactory(current_price_point=price_point), gems


def test_purchase_sees_what_the_player_can_pay(player, sword):
    loot, gems = sword

    orders = [place(player, purchase(loot, (gems, 2)), wait=False) for _ in range(3)]
    assert fulfil_waiting(500) == 3

    assert [results(order) for order in orders] == [
        ["success"],
        ["success"],
        ["cannot_afford_price"],
    ]
    assert owned(player) == sorted([(gems.pk, 1), (loot.item_id, 2)])


# --- Promotion codes ---------------------------------------------------------------------------


@pytest.fixture
def welcome():
    return Promotion.objects.create(
        code="WELCOME", loot=LootFactory(), max_uses=3, per_player_limit=2
    )


def uses(promotion):
    rows = promotion.uses.order_by("number")
    return list(rows.values_list("number", "player_id", "player_number"))


def test_uses_are_numbered_over_all_players_and_for_each(welcome):
    one, other = PlayerFactory.create_batch(2)
    for player in (one, other, one):
        place(player, claim(" welcome "), wait=False)

    assert fulfil_waiting(500) == 3

    assert uses(welcome) == [(1, one.pk, 1), (2, other.pk, 1), (3, one.pk, 2)]


@pytest.mark.parametrize("together", [True, False])
def test_uses_of_all_and_of_one_player_are_limited(welcome, together):
    one, other, third = PlayerFactory.create_batch(3)
    claimants = (one, one, one, other, third, other)
    orders = [place(player, claim("WELCOME"), wait=not together) for player in claimants]
    fulfil_waiting(500)

    assert [results(order) for order in orders] == [
        ["success"],
        ["success"],
        ["promotion_claimed_already"],
        ["success"],
        ["promotion_no_uses_left"],
        ["promotion_no_uses_left"],
    ]
    assert uses(welcome) == [(1, one.pk, 1), (2, one.pk, 2), (3, other.pk, 1)]


def test_use_names_its_entry_and_the_time_it_was_done(player, welcome):
    order = place(player, claim("WELCOME"))

    [use] = welcome.uses.values()
    [entry] = order.entries.all()
    assert use == {
        "id": use["id"],
        "promotion_id": "WELCOME",
        "number": 1,
        "player_id": player.pk,
        "player_number": 1,
        "entry_id": entry.pk,
        "created_time": order.done_time,
    }
    assert entry.notes == [
        {"at": 0, "type": "claim_promo_code", "loot_id": welcome.loot_id, "code": "WELCOME"}
    ]


def test_use_that_was_given_back_is_none(player, welcome):
    Loot.objects.filter(pk=welcome.loot_id).update(active=False)

    order = place(player, claim("WELCOME"))

    [entry] = order.entries.all()
    told = {"loot_id": welcome.loot_id, "code": "WELCOME"}
    assert results(order) == ["loot_not_active"]
    assert entry.notes == [
        {"at": 0, "type": "claim_promo_code", **told},
        {"at": 1, "type": "return_promo_code", **told},
    ]
    assert uses(welcome) == []


def test_use_that_was_rolled_back_is_none(player, welcome):
    order = place(player, claim("WELCOME"), fill(LootFactory.build()), is_transaction=True)

    assert results(order) == ["rollback", "loot_not_found"]
    assert [entry.notes for entry in order.entries.all()] == [None, None]
    assert uses(welcome) == []


# --- Tries ---------------------------------------------------------------------------------------


def grow_older(order, **by):
    PlayerOrder.objects.filter(pk=order.pk).update(
        created_time=order.created_time - timedelta(**by)
    )


def test_tries_of_codes_are_limited_in_a_window(player, settings):
    settings.PROMOTION_TRIES = 2
    before = [place(player, claim("NONE")) for _ in range(3)]
    grow_older(before[0], minutes=11)

    after = place(player, claim("NONE"), claim("NONE"))
    other = place(PlayerFactory(), claim("NONE"))

    assert [results(order) for order in before] == [
        ["promotion_not_found"],
        ["promotion_not_found"],
        ["too_many_requests"],
    ]
    # One of the two that counted is too long ago now; the refused one never counted.
    assert results(after) == ["promotion_not_found", "too_many_requests"]
    assert results(other) == ["promotion_not_found"]


def test_tries_in_one_batch_are_limited_alike(player, settings):
    settings.PROMOTION_TRIES = 2
    orders = [place(player, claim("NONE"), wait=False) for _ in range(3)]

    fulfil_waiting(500)

    assert [results(order) for order in orders] == [
        ["promotion_not_found"],
        ["promotion_not_found"],
        ["too_many_requests"],
    ]


def test_entries_of_clients_are_limited_if_so_configured(player, settings):
    settings.CLIENT_ENTRIES_LIMIT = 2
    loot = LootFactory()

    first = place(player, fill(loot), fill(loot), source="CLIENT")
    second = place(player, fill(loot), source="CLIENT_CLAIM")
    server = place(player, fill(loot), source="IN_GAME")

    assert [results(order) for order in (first, second, server)] == [
        ["success", "success"],
        ["too_many_requests"],
        ["success"],
    ]


# --- What it costs -------------------------------------------------------------------------------


def queries(how_many):
    asked = []

    def note(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert fulfil_waiting(500) == how_many
    return len(asked)


@pytest.mark.parametrize("players", [1, 3])
def test_every_kind_of_question_is_asked_once(players, welcome, settings):
    settings.CLIENT_ENTRIES_LIMIT = 1_000
    loot = LootFactory()
    place(PlayerFactory(), fill(loot))
    for player in PlayerFactory.create_batch(players):
        order = place(player, create(loot.item))
        record = order.entries.get().changes.get().record
        place(player, fill(loot), update(record, 5), wait=False)
        place(player, claim("WELCOME"), claim("NONE"), wait=False)

    # As for the simplest batch (11), and: the lock of promotions, named records, uses, two limits.
    assert queries(2 * players) == 16
