import pytest

from inventory import tasks
from inventory.models import PlayerOrder
from tests.factories import LootFactory, PlayerFactory
from tests.placing import fill, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def five_orders():
    loot = LootFactory()
    return [place(player, fill(loot), wait=False) for player in PlayerFactory.create_batch(5)]


def test_task_fulfils_batch_after_batch_until_nothing_is_left(settings, five_orders):
    settings.PLAYER_ORDER_BATCH = 2

    tasks.fulfil_player_orders()

    assert PlayerOrder.objects.waiting().count() == 0


def test_task_hands_over_at_the_end_of_its_shift(settings, monkeypatch, five_orders, published):
    settings.PLAYER_ORDER_BATCH = 2
    monkeypatch.setattr(tasks, "SHIFT_SECONDS", -1)

    tasks.fulfil_player_orders()

    assert PlayerOrder.objects.waiting().count() == 3
    assert published == [tasks.fulfil_player_orders.name]
