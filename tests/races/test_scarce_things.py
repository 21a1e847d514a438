"""The last use of a code, the only coupon, the only coins: two want it, one gets it."""

import pytest
from structlog.testing import capture_logs

from catalog.models import PricePoint, Promotion
from inventory.models import InventoryChange
from inventory.services import fulfil_player_orders as fulfilling
from inventory.services import record_outcomes as recording
from inventory.services.audit_ledgers import audit_ledgers
from tests.factories import ItemFactory, LootFactory, PlayerFactory
from tests.placing import claim, create, place, purchase
from tests.threads import blocked, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(gate, orders):
    """Each order by a thread of its own; the second writes when the first has committed.

    Return the results, the successful one first, and what was logged.
    """
    with capture_logs() as logs, threads(2) as start:
        first = start(fulfilling.fulfil_at_once, orders[0])
        wait_until(lambda: len(gate.came) == 1)
        second = start(fulfilling.fulfil_at_once, orders[1])
        wait_until(lambda: len(gate.came) == 2 or blocked())
        gate.open(how_many=1)
        first.result()
        gate.open()
        second.result()
    while fulfilling.fulfil_waiting(500):
        pass
    results = [order.entries.get().result for order in orders]
    return results, [each["event"] for each in logs]


def assert_sound():
    assert audit_ledgers(limit=10)["findings"] == []


# --- The last use of a promotion ---------------------------------------------------------------


@pytest.fixture
def last_use():
    """Orders of two players for the one use of a code."""
    Promotion.objects.create(code="LAST", loot=LootFactory(), max_uses=1)
    return [place(player, claim("LAST"), wait=False) for player in PlayerFactory.create_batch(2)]


@pytest.fixture
def without_promotion_lock(without):
    without(fulfilling, "LOCK_PROMOTIONS", "FOR NO KEY UPDATE")


def test_last_use_of_a_code_is_one_players(gate, last_use):
    results, logs = at_once(gate, last_use)

    assert (results, logs) == (["success", "promotion_no_uses_left"], [])
    assert_sound()


def test_fences_alone_refuse_the_use_above_the_last(gate, last_use, without_promotion_lock):
    results, logs = at_once(gate, last_use)

    assert (results, logs) == (["success", "promotion_no_uses_left"], ["order_tried_again"])
    assert_sound()


def test_last_use_of_a_code_is_two_players_without_lock_and_fence(
    gate, last_use, without_promotion_lock, without
):
    without(recording, "promotion_uses", "AND player_number <= promotion.per_player_limit")
    without(
        recording,
        "promotion_uses",
        "WHERE (promotion.max_uses IS NULL OR number <= promotion.max_uses)",
    )

    results, _ = at_once(gate, last_use)

    assert results == ["success", "success"]
    assert [each["finding"] for each in audit_ledgers(limit=10)["findings"]] == [
        "promotion_was_used_more_often_than_it_allowed"
    ]


def test_two_players_who_write_their_use_together_have_two_numbers(gate, without_promotion_lock):
    promotion = Promotion.objects.create(code="MANY", loot=LootFactory())
    orders = [place(player, claim("MANY"), wait=False) for player in PlayerFactory.create_batch(2)]

    with threads(2) as start:
        workers = [start(fulfilling.fulfil_at_once, order) for order in orders]
        wait_until(lambda: len(gate.came) == 2)
        gate.open()
        for worker in workers:
            worker.result()

    assert sorted(promotion.uses.values_list("number", flat=True)) == [1, 2]
    assert_sound()


# --- What one player has once ------------------------------------------------------------------


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def gems():
    return ItemFactory()


@pytest.fixture
def sword(gems):
    """Loot for two gems."""
    price = {"quantity": 1, "currencies": [{"price_item_id": gems.pk, "price": 2}]}
    sold = PricePoint.objects.create(id="sold", current_breakpoints=[price])
    return LootFactory(current_price_point=sold)


@pytest.fixture
def half_price(gems, sword):
    return ItemFactory(
        coupon_discount_currency_item=gems,
        coupon_discount_percentage="0.5",
        coupon_discount_loot=[sword.pk],
        coupon_consume_on_use=True,
    )


@pytest.fixture
def one_coupon(player, gems, sword, half_price):
    """Two orders with the player's only coupon; there are gems enough."""
    place(player, create(gems, 100), create(half_price, 1))
    entry = purchase(sword, (gems, 1), coupon=half_price)
    return [place(player, entry, wait=False) for _ in range(2)]


@pytest.fixture
def gems_for_one(player, gems, sword):
    """Two orders with gems for one."""
    place(player, create(gems, 3))
    return [place(player, purchase(sword, (gems, 2)), wait=False) for _ in range(2)]


def bought(item):
    return InventoryChange.objects.filter(record__item=item).count()


def test_one_coupon_is_for_one_order(one_coupon, gate, sword):
    assert at_once(gate, one_coupon) == (["success", "cannot_afford_coupon"], [])

    assert bought(sword.item) == 1
    assert_sound()


def test_gems_for_one_buy_one(gems_for_one, gate, sword):
    assert at_once(gate, gems_for_one) == (["success", "cannot_afford_price"], [])

    assert bought(sword.item) == 1
    assert_sound()


def test_fence_alone_keeps_gems_from_being_spent_twice(
    gems_for_one, gate, sword, without_player_lock, without_looking_again
):
    results, logs = at_once(gate, gems_for_one)

    assert (results, logs) == (["success", "cannot_afford_price"], ["order_tried_again"])
    assert bought(sword.item) == 1
    assert_sound()


@pytest.fixture
def scarce(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("scarce", ["one_coupon", "gems_for_one"], indirect=True)
def test_scarce_things_are_spent_twice_without_lock_and_fence(
    scarce, gate, sword, without_player_lock, without_looking_again, without_last_fence
):
    assert at_once(gate, scarce)[0] == ["success", "success"]

    assert bought(sword.item) == 2
    assert audit_ledgers(limit=10)["total"] > 0
