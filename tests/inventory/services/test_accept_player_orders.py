import pytest
from django.db import IntegrityError, transaction

from inventory.errors import OrderIdTaken
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.accept_player_orders import (
    OrderDraft,
    accept_player_order,
    accept_player_orders,
    new_order,
)
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.placing import create, fill, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def loot():
    return LootFactory()


def drawn_up(player, *entries, order_id=None, **facts):
    return new_order(
        OrderDraft(entries=entries, order_id=order_id),
        player_id=player.pk,
        **{"placed_by": "system", "permissions": frozenset({"loot"})} | facts,
    )


def test_drawing_up_an_order_stores_nothing(loot, django_assert_num_queries):
    player = PlayerFactory()

    with django_assert_num_queries(0):
        order, [entry] = drawn_up(player, fill(loot, 3))

    assert (order.pk, order.player_id, order.state, entry.quantity) == (
        None,
        player.pk,
        "accepted",
        3,
    )


def test_each_order_keeps_its_own_facts(loot):
    one, other = PlayerFactory.create_batch(2)
    done = place(one, fill(loot))
    cause = done.entries.get()
    facts = [
        {
            "placed_by": "key:7",
            "permissions": frozenset({"loot", "inventory"}),
            "request_id": "request 7",
            "reason": "a gift",
        },
        {"generation": 1, "caused_by_id": cause.pk, "request_id": "request 8"},
        {"placed_by": "staff:3", "permissions": frozenset(), "undoes_id": done.pk},
    ]

    players = (other, one, one)
    accepted = accept_player_orders(
        [drawn_up(player, fill(loot), **its) for player, its in zip(players, facts, strict=True)]
    )

    assert [is_new for _, is_new in accepted] == [True] * 3
    columns = (
        "player",
        "placed_by",
        "permissions",
        "request_id",
        "reason",
        "generation",
        "caused_by",
        "undoes",
    )
    stored = PlayerOrder.objects.exclude(pk=done.pk).order_by("pk")
    assert list(stored.values_list(*columns)) == [
        (other.pk, "key:7", ["inventory", "loot"], "request 7", "a gift", 0, None, None),
        (one.pk, "system", ["loot"], "request 8", "", 1, cause.pk, None),
        (one.pk, "staff:3", [], "", "", 0, None, done.pk),
    ]
    assert [order.pk for order, _ in accepted] == [order.pk for order in stored]


def test_order_id_in_use_gives_the_stored_order_or_is_refused(loot):
    player = PlayerFactory()
    stored, _ = accept_player_order(drawn_up(player, fill(loot), order_id="mine"))

    assert accept_player_order(drawn_up(player, order_id="mine")) == (stored, False)
    with pytest.raises(OrderIdTaken):
        accept_player_order(drawn_up(PlayerFactory(), fill(loot), order_id="mine"))

    assert (PlayerOrder.objects.count(), PlayerOrderEntry.objects.count()) == (1, 1)


def test_order_that_cannot_be_stored_leaves_none_of_its_call(loot):
    player = PlayerFactory()
    undone = place(player, create(ItemFactory()))
    orders = [drawn_up(player, fill(loot), undoes_id=undone.pk) for _ in range(2)]

    with pytest.raises(IntegrityError), transaction.atomic():
        accept_player_orders(orders)

    assert list(PlayerOrder.objects.all()) == [undone]
