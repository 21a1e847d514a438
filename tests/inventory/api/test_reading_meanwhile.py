import pytest

from inventory.api import bodies
from inventory.services.fulfil_player_orders import fulfil_waiting
from tests.factories import LootFactory, PlayerFactory
from tests.placing import fill, place


@pytest.mark.django_db
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_order_done_between_the_questions_is_shown_with_all_it_did_or_as_unfinished(
    monkeypatch, moment
):
    player = PlayerFactory()
    order = place(player, fill(LootFactory()), wait=False)
    read_changes = bodies._changes

    def changes(orders):
        if moment == "before":
            fulfil_waiting(10)
        found = read_changes(orders)
        if moment == "after":
            fulfil_waiting(10)
        return found

    monkeypatch.setattr(bodies, "_changes", changes)
    [meanwhile] = bodies.order_bodies([order], player)
    monkeypatch.setattr(bodies, "_changes", read_changes)
    [done] = bodies.order_bodies([order], player)

    assert ["result" in entry for entry in meanwhile["entries"]] == [False]
    assert [entry["details"] for entry in meanwhile["entries"]] == [[]]
    assert [(entry["result"], len(entry["details"])) for entry in done["entries"]] == [
        ("success", 1)
    ]
