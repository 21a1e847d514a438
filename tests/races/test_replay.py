"""Orders done by many at once, while the catalogue changes, are computed again to the same end."""

from random import Random

import pytest

from catalog.models import Loot, Promotion, Vendor
from inventory.models import PlayerOrder, PromotionUse
from inventory.services.fulfil_player_orders import fulfil_waiting
from inventory.services.open_session import open_session
from inventory.services.replay_player_order import replay_player_order
from players.errors import PlayerBusy
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import claim, fill, place
from tests.threads import threads

pytestmark = pytest.mark.django_db(transaction=True)

USES = 15


def order_things(seed, players, loot):
    chance = Random(seed)
    for _ in range(15):
        player = chance.choice(players)
        entries = [claim("GIFT"), fill(chance.choice(loot))]
        place(player, *entries, wait=chance.random() < 0.7)
        if chance.random() < 0.2:
            fulfil_waiting(10)


def open_sessions(players):
    for player in players * 4:
        try:
            open_session(player=player, platform="Steam")
        except PlayerBusy:
            continue


def change_catalogue(loot):
    for quantity in range(1, 20):
        Loot.objects.filter(pk=loot.pk).update(quantity=quantity)


def test_orders_done_by_many_at_once_are_reproduced():
    players = PlayerFactory.create_batch(3)
    gems = ItemFactory()
    chest = VendorFactory(type=Vendor.Type.RANDOMLY_SAMPLED)
    drops = [LootFactory(vendor=chest, item=gems, drop_weight=n, quantity=n) for n in (1, 2, 3)]
    loot = [
        LootFactory(item=None, sub_vendor=chest),
        LootFactory(item=gems, inventory_selector_type=Loot.Selector.OWN_TRANSIENT),
        drops[0],
    ]
    Promotion.objects.create(code="GIFT", loot=drops[1], max_uses=USES, per_player_limit=9)

    place(players[0], fill(drops[1]))
    with threads(5) as start:
        started = [start(order_things, seed, players, loot) for seed in range(3)]
        started += [start(open_sessions, players), start(change_catalogue, drops[1])]
        for each in started:
            each.result()
    place(players[0], fill(drops[1]))
    while fulfil_waiting(100):
        pass

    for order in PlayerOrder.objects.order_by("pk"):
        replay = replay_player_order(order)
        assert (order.pk, replay.why_not, replay.differences) == (order.pk, "", [])
    assert PromotionUse.objects.count() == USES
    assert PlayerOrder.objects.values("catalogue_version").distinct().count() > 1
