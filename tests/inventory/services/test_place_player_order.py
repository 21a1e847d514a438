import uuid
from datetime import UTC, datetime

import pytest

from inventory.errors import OrderIdTaken
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder, PlayerOrderEntry
from inventory.services.accept_player_orders import EntryDraft, OrderDraft
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from inventory.services.place_player_order import place_player_order, place_player_orders
from tests.factories import LootFactory, PlayerFactory
from tests.placing import PERMISSIONS, fill, place

pytestmark = pytest.mark.django_db


def results(order):
    return list(order.entries.order_by("position").values_list("result", flat=True))


def rows():
    return [
        list(model.objects.order_by("pk").values())
        for model in (PlayerOrder, PlayerOrderEntry, InventoryRecord, InventoryChange)
    ]


def place_many(*drafts):
    return place_player_orders(
        drafts=[(player, OrderDraft(**values)) for player, values in drafts],
        placed_by="key:7",
        permissions=PERMISSIONS,
    )


def test_order_is_kept_as_it_was_sent():
    player = PlayerFactory()
    reference, inventory_id = uuid.uuid4(), uuid.uuid4()
    before = datetime.now(UTC)

    order = place_player_order(
        player=player,
        draft=OrderDraft(
            source=Source.SUPPORT,
            client_order_ref_id=reference,
            portal_id=5,
            portal_user_id="7656119",
            instance_id="instance",
            match_id="match",
            is_transaction=True,
            order_id="order 1",
            entries=(
                EntryDraft(
                    type=EntryType.PURCHASE_LOOT,
                    quantity=2**40,
                    entry_id="entry 1",
                    loot_id=700,
                    item_id=55,
                    inventory_id=inventory_id,
                    fields={"vendor_etag": 'a"b', "custom_data": {"ключ": "\\"}},
                ),
                EntryDraft(type=EntryType.FILL_LOOT, quantity=-1),
            ),
        ),
        placed_by="staff:3",
        permissions=frozenset({"loot", "inventory"}),
        wait=False,
        request_id="request",
        reason="lost in a crash",
    )

    [stored] = PlayerOrder.objects.values()
    [first, second] = PlayerOrderEntry.objects.order_by("position").values()
    assert before <= stored["created_time"] <= datetime.now(UTC)
    assert len(bytes(stored["dice_seed"])) == 16
    assert bytes(stored["dice_seed"]) == order.dice_seed
    assert stored | {"dice_seed": None} == {
        "id": order.pk,
        "order_id": "order 1",
        "player_id": player.pk,
        "state": "accepted",
        "outcome": "",
        "source": "SUPPORT",
        "client_order_ref_id": reference,
        "portal_id": 5,
        "portal_user_id": "7656119",
        "instance_id": "instance",
        "match_id": "match",
        "is_transaction": True,
        "permissions": ["inventory", "loot"],
        "placed_by": "staff:3",
        "reason": "lost in a crash",
        "request_id": "request",
        "dice_seed": None,
        "created_time": order.created_time,
        "done_time": None,
        "generation": 0,
        "child_allowance": None,
        "caused_by_id": None,
        "undoes_id": None,
        "catalogue_version": None,
        "rules_id": None,
    }
    assert first == {
        "id": first["id"],
        "order_id": order.pk,
        "position": 0,
        "entry_id": "entry 1",
        "type": "purchase_loot",
        "quantity": 2**40,
        "loot_id": 700,
        "item_id": 55,
        "inventory_id": inventory_id,
        "fields": {"vendor_etag": 'a"b', "custom_data": {"ключ": "\\"}},
        "result": None,
        "notes": None,
    }
    assert str(uuid.UUID(second["entry_id"])) == second["entry_id"]
    assert second | {"id": 0, "entry_id": ""} == {
        "id": 0,
        "order_id": order.pk,
        "position": 1,
        "entry_id": "",
        "type": "fill_loot",
        "quantity": -1,
        "loot_id": None,
        "item_id": None,
        "inventory_id": None,
        "fields": {},
        "result": None,
        "notes": None,
    }


def test_order_returned_equals_the_stored_one():
    order = place(PlayerFactory(), fill(LootFactory()), wait=False)

    [stored] = PlayerOrder.objects.values()
    assert {name: getattr(order, name) for name in stored} == stored


def test_order_is_done_at_once(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        order = place(PlayerFactory(), fill(LootFactory()))

    assert order.state == PlayerOrder.State.DONE
    assert order.outcome == PlayerOrder.Outcome.SUCCEEDED
    assert results(order) == ["success"]
    assert callbacks == []


def test_order_is_left_to_workers_where_the_caller_does_not_wait(
    django_capture_on_commit_callbacks,
):
    with django_capture_on_commit_callbacks() as callbacks:
        order = place(PlayerFactory(), fill(LootFactory()), wait=False)

    assert order.state == PlayerOrder.State.ACCEPTED
    assert results(order) == [None]
    assert callbacks == [knock_for_fulfilment]


def test_order_is_left_to_workers_where_all_orders_are(settings):
    settings.PLAYER_ORDERS_INLINE = False

    assert place(PlayerFactory(), fill(LootFactory())).state == PlayerOrder.State.ACCEPTED


@pytest.mark.parametrize(("entries", "state"), [(2, "done"), (3, "accepted")])
def test_order_is_left_to_workers_where_it_has_many_entries(settings, entries, state):
    settings.PLAYER_ORDER_INLINE_ENTRIES = 2
    loot = LootFactory()

    assert place(PlayerFactory(), *[fill(loot)] * entries).state == state


def test_order_is_left_to_workers_where_an_older_one_waits():
    player, loot = PlayerFactory(), LootFactory()
    older = place(player, fill(loot), wait=False)

    order = place(player, fill(loot))

    assert [results(older), results(order)] == [[None], [None]]


def test_order_is_done_at_once_where_another_players_waits():
    loot = LootFactory()
    place(PlayerFactory(), fill(loot), wait=False)

    assert place(PlayerFactory(), fill(loot)).state == PlayerOrder.State.DONE


def test_order_id_again_gives_the_stored_order():
    player, loot = PlayerFactory(), LootFactory()
    first = place(player, fill(loot), order_id="mine")
    before = rows()

    again = place(player, fill(loot, 99), fill(loot), order_id="mine")

    assert again == first
    assert again.state == PlayerOrder.State.DONE
    assert rows() == before


def test_order_id_again_gives_an_order_that_waited_done():
    player, loot = PlayerFactory(), LootFactory()
    place(player, fill(loot), order_id="mine", wait=False)

    again = place(player, fill(loot), order_id="mine")

    assert again.state == PlayerOrder.State.DONE
    assert PlayerOrder.objects.count() == 1


def test_order_id_again_leaves_a_large_order_to_the_workers(settings):
    settings.PLAYER_ORDER_INLINE_ENTRIES = 1
    player, loot = PlayerFactory(), LootFactory()
    place(player, fill(loot), fill(loot), order_id="mine", wait=False)

    again = place(player, fill(loot), order_id="mine")

    assert again.state == PlayerOrder.State.ACCEPTED


def test_order_id_of_another_player_is_refused():
    loot = LootFactory()
    place(PlayerFactory(), fill(loot), order_id="mine")
    before = rows()

    with pytest.raises(OrderIdTaken):
        place(PlayerFactory(), fill(loot), order_id="mine")

    assert rows() == before


def test_many_orders_are_answered_each_for_itself(django_capture_on_commit_callbacks):
    loot, player, other = LootFactory(), PlayerFactory(), PlayerFactory()
    entries = (fill(loot),)
    stored = place(player, fill(loot), order_id="stored")

    with django_capture_on_commit_callbacks() as callbacks:
        [new, again, taken, twice, once_more, another] = place_many(
            (player, {"entries": entries}),
            (player, {"entries": entries, "order_id": "stored"}),
            (other, {"entries": entries, "order_id": "stored"}),
            (other, {"entries": entries, "order_id": "twice"}),
            (other, {"entries": entries * 2, "order_id": "twice"}),
            (player, {"entries": entries * 2}),
        )

    assert again == stored
    assert isinstance(taken, OrderIdTaken)
    assert twice == once_more
    assert list(PlayerOrder.objects.order_by("pk")) == [stored, new, twice, another]
    assert [results(order) for order in (new, twice, another)] == [[None], [None], [None] * 2]
    assert new.placed_by == "key:7"
    assert callbacks == [knock_for_fulfilment]


def test_many_orders_get_ids_and_times_in_the_order_given():
    loot, players = LootFactory(), PlayerFactory.create_batch(3)

    orders = place_many(*[(players[n % 3], {"entries": (fill(loot),)}) for n in range(30)])

    assert [order.pk for order in orders] == sorted(order.pk for order in orders)
    times = [order.created_time for order in orders]
    assert times == sorted(times)


@pytest.mark.parametrize("orders", [1, 3])
def test_accepting_costs_one_query_for_however_many(orders, django_assert_num_queries):
    loot, players = LootFactory(), PlayerFactory.create_batch(orders)

    with django_assert_num_queries(1):
        place_many(*[(player, {"entries": (fill(loot),) * orders}) for player in players])
