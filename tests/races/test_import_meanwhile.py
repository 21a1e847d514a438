"""A catalogue that is imported while orders are fulfilled."""

import json

import pytest
from django.db import transaction

from catalog.models import Item
from catalog.services.import_catalog import import_catalog
from inventory.models import PlayerOrder
from tests.factories import LootFactory, PlayerFactory, PromotionFactory
from tests.placing import claim, fill, place
from tests.threads import blocked, elsewhere, threads, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_orders_are_fulfilled_while_an_import_is_open():
    loot, player = LootFactory(), PlayerFactory()
    wish = {"items": {loot.item_id: {"type": "unit", "name": "renamed"}}}

    with transaction.atomic():
        import_catalog(json.dumps(wish).encode())
        order = elsewhere(place, player, fill(loot))

    assert order.entries.get().result == "success"
    assert Item.objects.get().name == "renamed"


def test_promotion_is_claimed_after_the_import_that_changes_it():
    promotion, player = PromotionFactory(), PlayerFactory()
    wish = {"promotions": {promotion.pk: {"loot_id": promotion.loot_id, "active": False}}}

    with threads(1) as start:
        with transaction.atomic():
            import_catalog(json.dumps(wish).encode())
            claiming = start(place, player, claim(promotion.pk))
            wait_until(blocked)
        order = claiming.result(timeout=30)

    assert order.state == PlayerOrder.State.DONE
    assert order.entries.get().result == "promotion_not_available"
