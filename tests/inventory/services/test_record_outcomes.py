"""What is written that no entry shows, and what is not written over."""

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from catalog.models import Loot, Promotion
from catalog.services.take_snapshot import current_catalogue
from inventory.models import (
    FulfilmentRules,
    InventoryChange,
    InventoryRecord,
    InventorySession,
    PlayerOrder,
    PromotionUse,
)
from inventory.services import fulfil_player_orders
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.open_session import open_session
from inventory.services.record_outcomes import record_outcomes
from tests.factories import LootFactory, PlayerFactory
from tests.placing import apply, claim, fill, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def player():
    return PlayerFactory()


@pytest.fixture
def own_transient():
    return LootFactory(inventory_selector_type=Loot.Selector.OWN_TRANSIENT)


@pytest.fixture
def after_planning(monkeypatch):
    """Have something done between the plan and its writes, as only a rogue writer could."""

    def do(harm):
        plan = fulfil_player_orders.plan_player_orders

        def plan_on_sand(*args, **kwargs):
            outcomes = plan(*args, **kwargs)
            harm()
            return outcomes

        monkeypatch.setattr(fulfil_player_orders, "plan_player_orders", plan_on_sand)

    return do


def result(order):
    return order.entries.get().result


def written():
    models = (InventoryRecord, InventoryChange, PromotionUse, FulfilmentRules)
    return [model.objects.count() for model in models]


def test_order_names_the_catalogue_it_was_planned_with(player):
    order = place(player, fill(LootFactory()))

    order = PlayerOrder.objects.get(pk=order.pk)
    assert order.catalogue_version == current_catalogue().version > 0


def test_order_that_was_given_up_names_no_catalogue_and_no_rules(player, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("no plan")

    monkeypatch.setattr(fulfil_player_orders, "plan_player_orders", fail)
    order = place(player, fill(LootFactory()))

    [stored] = PlayerOrder.objects.values("state", "outcome", "catalogue_version", "rules")
    assert result(order) == "internal_error"
    assert stored == {
        "state": "done",
        "outcome": "failed",
        "catalogue_version": None,
        "rules": None,
    }


def test_nothing_done_is_nothing_written(django_assert_num_queries):
    with django_assert_num_queries(0):
        record_outcomes({}, [], now=timezone.now())


def test_record_of_a_session_is_in_the_ledger_with_it(player, own_transient):
    session = open_session(player=player)
    place(player, fill(own_transient, 2))
    place(player, fill(own_transient))

    [record] = InventoryRecord.objects.all()
    [first, second] = InventoryChange.objects.order_by("id").values("before", "after")
    shown = {
        "inventory_id": str(record.pk),
        "item_id": own_transient.item_id,
        "type": "transient",
        "bucket": "none",
        "count": 2,
        "acquired": record.acquired.isoformat(timespec="microseconds"),
        "expires": None,
        "custom_data": None,
        "session_id": str(session.pk),
    }
    assert (record.session, record.type, record.count) == (session, "transient", 3)
    assert first == {"before": None, "after": shown}
    assert second == {"before": shown, "after": shown | {"count": 3}}


def test_loot_applied_in_a_batch_is_kept_with_each_session(own_transient):
    other = LootFactory()
    sessions = []
    for player in PlayerFactory.create_batch(2):
        sessions.append(open_session(player=player))
        place(player, apply(own_transient), wait=False)
        place(player, apply(other), apply(own_transient), wait=False)

    assert fulfil_waiting(500) == 4

    for session in sessions:
        session.refresh_from_db()
    assert [session.applied_loot for session in sessions] == [[own_transient.pk, other.pk]] * 2


def refused(order, logs):
    """Whether the order was tried twice, and then failed without a trace of its plan."""
    events = [each["event"] for each in logs]
    return result(order), events


REFUSED = ("internal_error", ["order_tried_again", "order_failed"])


def test_use_above_the_limit_is_not_written(player, after_planning):
    promotion = Promotion.objects.create(code="LAST", loot=LootFactory(), max_uses=1)
    before = written()
    after_planning(lambda: Promotion.objects.update(max_uses=0))

    with capture_logs() as logs:
        order = place(player, claim(promotion.code))

    assert refused(order, logs) == REFUSED
    assert written() == before


def test_use_above_the_limit_of_a_player_is_not_written(player, after_planning):
    promotion = Promotion.objects.create(code="ONCE", loot=LootFactory())
    before = written()
    after_planning(lambda: Promotion.objects.update(per_player_limit=0))

    with capture_logs() as logs:
        order = place(player, claim(promotion.code))

    assert refused(order, logs) == REFUSED
    assert written() == before


def test_loot_is_not_applied_to_a_session_that_is_gone(player, after_planning, own_transient):
    session = open_session(player=player)
    before = written()
    after_planning(lambda: InventorySession.objects.update(closed_at=session.opened_at))

    with capture_logs() as logs:
        order = place(player, apply(own_transient))

    assert refused(order, logs) == REFUSED
    assert written() == before


def test_loot_is_not_applied_twice(player, after_planning, own_transient):
    open_session(player=player)
    before = written()
    after_planning(lambda: InventorySession.objects.update(applied_loot=[own_transient.pk]))

    with capture_logs() as logs:
        order = place(player, apply(own_transient))

    assert refused(order, logs) == REFUSED
    assert written() == before
