import pytest
from structlog.testing import capture_logs

from catalog.models import Item
from inventory.models import PlayerOrder
from inventory.services import place_child_orders as placing
from inventory.services.audit_ledgers import audit_ledgers
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.knock_for_fulfilment import knock_for_fulfilment
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import fill, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def gift():
    """Loot of a box that is given by an order of its own."""
    return LootFactory(fill_in_new_order=True, is_claimable_by_client=False)


@pytest.fixture
def box(gift):
    return LootFactory(item=None, sub_vendor=gift.vendor)


def levelled(*rewards):
    """Loot that gives one of an item whose count is its level, with rewards from level 1 on."""
    vendor = VendorFactory()
    for level, item in enumerate(rewards, start=1):
        LootFactory(vendor=vendor, item=item, sort_order=level, is_claimable_by_client=False)
    return LootFactory(item=ItemFactory(level_vendor=vendor))


def orders():
    return list(PlayerOrder.objects.order_by("pk"))


def entries(order):
    rows = order.entries.order_by("position")
    return list(rows.values_list("entry_id", "type", "quantity", "loot_id", "fields", "result"))


def owned(player):
    return dict(player.inventory_records.values_list("item_id", "count"))


def test_child_order_is_accepted_with_its_parent(
    player, box, gift, django_capture_on_commit_callbacks
):
    circumstances = {
        "portal_id": 5,
        "portal_user_id": "7656119",
        "instance_id": "instance",
        "match_id": "match",
    }
    custom = {"custom_data": {"from": "box"}, "use_inventory_bucket": "steam"}

    with django_capture_on_commit_callbacks() as callbacks:
        parent = place(
            player,
            fill(box, 3, fields=custom),
            source="IN_GAME",
            is_transaction=True,
            **circumstances,
        )

    [_, child] = orders()
    [cause] = parent.entries.all()
    assert parent.state == "done"
    assert {name: getattr(child, name) for name in circumstances} == circumstances
    assert (child.player, child.state, child.source, child.is_transaction) == (
        player,
        "accepted",
        "SYSTEM",
        False,
    )
    assert (child.placed_by, child.permissions, child.generation) == ("system", ["loot"], 1)
    assert (child.caused_by, child.undoes, child.child_allowance) == (cause, None, 999)
    assert len(bytes(child.dice_seed)) == 16
    assert bytes(child.dice_seed) != bytes(parent.dice_seed)
    assert entries(child) == [("0", "fill_loot", 3, gift.pk, custom, None)]
    assert cause.notes == [
        {"at": 0, "type": "new_order", "loot_id": gift.pk, "order_id": child.order_id}
    ]
    assert callbacks == [knock_for_fulfilment]


def test_child_order_is_done_like_any_other(player, box, gift):
    place(player, fill(box, 3))

    assert fulfil_waiting(500) == 1

    assert [order.outcome for order in orders()] == ["succeeded", "succeeded"]
    assert owned(player) == {gift.item_id: 3}


def test_rewards_of_levels_follow_the_change_that_reached_them(player):
    sword, shield = ItemFactory(), ItemFactory()
    levels = levelled(sword, shield)

    order = place(player, fill(levels, 2))
    fulfil_waiting(500)

    [entry] = order.entries.all()
    [_, child] = orders()
    assert entry.notes == [
        {"at": 1, "type": "new_order", "loot_id": None, "order_id": child.order_id}
    ]
    assert owned(player) == {levels.item_id: 2, sword.pk: 1, shield.pk: 1}


def test_orders_of_a_batch_have_their_children_in_their_order(box):
    players = PlayerFactory.create_batch(3)
    parents = [place(player, fill(box), wait=False) for player in reversed(players)]

    assert fulfil_waiting(500) == 3

    children = orders()[3:]
    assert [child.caused_by.order for child in children] == parents
    assert [child.player for child in children] == players[::-1]


def test_failed_order_has_no_children(player, box):
    place(player, fill(box), fill(LootFactory.build()), is_transaction=True)

    [order] = orders()
    assert order.outcome == "failed"


def test_generations_end(player, settings):
    settings.PLAYER_ORDER_MAX_GENERATIONS = 2
    endless = ItemFactory()
    vendor = VendorFactory()
    LootFactory(vendor=vendor, item=endless, sort_order=0)
    first = LootFactory(item=endless)
    Item.objects.filter(pk=endless.pk).update(level_vendor=vendor)
    for level in range(1, 6):
        LootFactory(vendor=vendor, item=endless, sort_order=level)

    place(player, fill(first))
    while fulfil_waiting(500):
        pass

    assert [(order.generation, order.outcome) for order in orders()] == [
        (0, "succeeded"),
        (1, "succeeded"),
        (2, "failed"),
    ]
    assert owned(player) == {endless.pk: 2}


def chain(length):
    """Loot that drops two orders, each of which drops two more, and so on."""
    loot = LootFactory()
    for _ in range(length):
        vendor = VendorFactory()
        for _ in range(2):
            LootFactory(vendor=vendor, item=None, sub_vendor=loot.vendor, fill_in_new_order=True)
        loot = LootFactory(item=None, sub_vendor=vendor)
    return loot


def test_children_share_what_their_parent_may_cause(player, settings):
    settings.PLAYER_ORDER_MAX_CHILD_ORDERS = 9

    place(player, fill(chain(3)))
    while fulfil_waiting(500):
        pass

    # Of nine, two children have four each; of four, each child's children one: that is too few.
    family = [(order.generation, order.child_allowance, order.outcome) for order in orders()]
    assert family == [
        (0, None, "succeeded"),
        *[(1, 3, "succeeded")] * 2,
        *[(2, 0, "failed")] * 4,
    ]
    assert len(family) - 1 <= settings.PLAYER_ORDER_MAX_CHILD_ORDERS


def test_family_of_many_generations_keeps_to_the_allowance(player, settings):
    settings.PLAYER_ORDER_MAX_CHILD_ORDERS = 50
    settings.PLAYER_ORDER_MAX_GENERATIONS = 100

    place(player, fill(chain(8)))
    while fulfil_waiting(500):
        pass

    assert PlayerOrder.objects.count() - 1 <= 50
    assert PlayerOrder.objects.waiting().count() == 0


def test_parent_that_cannot_place_its_children_is_undone(player, box, monkeypatch):
    """Killed between the two statements, nothing of either is there."""

    def die(claimed, outcomes, **values):
        raise SystemExit

    monkeypatch.setattr("inventory.services.fulfil_player_orders.place_child_orders", die)
    with pytest.raises(SystemExit):
        place(player, fill(box))
    [order] = orders()
    assert order.state == "accepted"

    monkeypatch.undo()
    assert fulfil_waiting(500) == 1
    assert [each.state for each in orders()] == ["done", "accepted"]


def test_id_of_a_child_that_is_in_use_fails_its_parent(player, box, gift, monkeypatch):
    place(PlayerFactory(), fill(LootFactory()), order_id="in use")
    child_order = placing.child_order

    def taken(*args, **values):
        order, its_entries = child_order(*args, **values)
        order.order_id = "in use"
        return order, its_entries

    monkeypatch.setattr(placing, "child_order", taken)
    order = place(player, fill(box))

    assert order.outcome == "failed"
    assert order.entries.get().result == "internal_error"
    assert order.entries.get().notes is None


def test_child_is_kept_where_the_broker_is_away(
    player, box, monkeypatch, django_capture_on_commit_callbacks
):
    def be_away(*args, **kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr("inventory.services.knock_for_fulfilment.cache.add", be_away)

    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        assert place(player, fill(box)).state == "done"

    assert [each["event"] for each in logs] == ["knock_failed"]
    assert fulfil_waiting(500) == 1


@pytest.mark.parametrize("parents", [1, 3])
def test_children_cost_one_query_for_however_many(box, parents, django_assert_max_num_queries):
    place(PlayerFactory(), fill(LootFactory()))
    for player in PlayerFactory.create_batch(parents):
        place(player, fill(box), fill(box), wait=False)

    # as without children, and one more
    with django_assert_max_num_queries(12):
        assert fulfil_waiting(500) == parents
    assert PlayerOrder.objects.waiting().count() == 2 * parents


@pytest.mark.django_db(transaction=True)
def test_books_are_sound_with_children(player, box):
    for _ in range(3):
        place(player, fill(box), fill(levelled(ItemFactory())), wait=False)
    while fulfil_waiting(2):
        pass

    assert audit_ledgers(limit=10)["findings"] == []
    assert PlayerOrder.objects.count() == 9
