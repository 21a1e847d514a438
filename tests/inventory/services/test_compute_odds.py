import io
import json
import uuid
from datetime import timedelta
from fractions import Fraction

import pytest
from django.core.management import CommandError, call_command

from catalog.models import CatalogVersion, Loot, Vendor
from inventory.errors import VendorNotFound, VendorNotSampled
from inventory.services import compute_odds as computing
from inventory.services.compute_odds import compute_odds
from inventory.services.open_session import open_session
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.placing import create, fill, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def chest():
    """A vendor that draws a sword, of which one has one, or else gems."""
    vendor = VendorFactory(type=Vendor.Type.RANDOMLY_SAMPLED)
    LootFactory(vendor=vendor, drop_weight=1, stack_limit=1)
    LootFactory(vendor=vendor, drop_weight=3, quantity=10)
    return vendor


def quantities(odds):
    return [dict(item.quantities) for item in odds.items]


def test_odds_are_of_the_vendor_as_it_is(chest):
    odds = compute_odds(chest.pk)

    assert (odds.vendor_id, odds.catalogue_version) == (
        chest.pk,
        CatalogVersion.objects.get().version,
    )
    assert quantities(odds) == [{1: Fraction(1, 4)}, {10: Fraction(3, 4)}]


def test_odds_are_of_what_the_player_has(chest):
    player = PlayerFactory()
    sword = chest.loot.get(stack_limit=1).item
    place(player, create(sword))

    assert quantities(compute_odds(chest.pk, player=player)) == [{10: Fraction(1)}]
    assert len(quantities(compute_odds(chest.pk, player=PlayerFactory()))) == 2


def test_odds_count_what_the_player_has_for_the_session_only(chest):
    player = PlayerFactory()
    sword = chest.loot.get(stack_limit=1).item
    open_session(player=player)
    transient = LootFactory(item=sword, inventory_selector_type=Loot.Selector.OWN_TRANSIENT)
    place(player, fill(transient))

    assert quantities(compute_odds(chest.pk, player=player)) == [{10: Fraction(1)}]

    open_session(player=player)

    assert len(quantities(compute_odds(chest.pk, player=player))) == 2


def test_odds_without_a_player_are_worked_out_once_a_minute_and_version(chest, monkeypatch):
    now = computing.database_time()
    monkeypatch.setattr(computing, "database_time", lambda: now)
    first = compute_odds(chest.pk)
    worked_out = []
    monkeypatch.setattr(computing, "odds", lambda *_, **named: worked_out.append(named))

    assert compute_odds(chest.pk) is first
    assert worked_out == []
    compute_odds(chest.pk, quantity=2)
    compute_odds(chest.pk, player=PlayerFactory())
    chest.loot.filter(stack_limit=1).update(drop_weight=2)
    compute_odds(chest.pk)
    now += timedelta(minutes=1)
    compute_odds(chest.pk)

    assert [(each["quantity"], each["now"]) for each in worked_out] == [
        (2, now - timedelta(minutes=1)),
        (1, now - timedelta(minutes=1)),
        (1, now - timedelta(minutes=1)),
        (1, now),
    ]


def test_odds_that_fail_keep_nobody_from_the_next(chest, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(computing, "odds", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            compute_odds(chest.pk, quantity=7)

    assert compute_odds(chest.pk, quantity=7).quantity == 7


def test_few_odds_are_kept(chest, monkeypatch):
    monkeypatch.setattr(computing, "KEPT", 3)
    monkeypatch.setattr(computing, "_kept", {})

    for quantity in range(1, 6):
        compute_odds(chest.pk, quantity=quantity)

    assert len(computing._kept) == 2


def test_odds_of_a_quantity(chest):
    assert quantities(compute_odds(chest.pk, quantity=2)) == [{1: Fraction(1)}, {10: Fraction(1)}]


def test_odds_of_a_recipe_with_a_sampled_sub_vendor(chest):
    pack = VendorFactory()
    LootFactory(vendor=pack, item=None, sub_vendor=chest)

    assert quantities(compute_odds(pack.pk)) == [{1: Fraction(1, 4)}, {10: Fraction(3, 4)}]


def test_odds_of_an_unknown_vendor_are_refused():
    with pytest.raises(VendorNotFound):
        compute_odds(404)


def test_odds_of_a_vendor_without_draws_are_refused():
    with pytest.raises(VendorNotSampled):
        compute_odds(LootFactory().vendor_id)


def command(*args):
    output = io.StringIO()
    call_command("vendor_odds", *args, stdout=output)
    return json.loads(output.getvalue())


def test_command_prints_the_odds(chest):
    player = PlayerFactory()
    place(player, create(ItemFactory()))

    answer = command(str(chest.pk), "--player", str(player.uuid), "--quantity", "1")

    assert answer == json.loads(json.dumps(compute_odds(chest.pk, player=player).as_json()))
    assert answer["items"][0]["quantities"] == {"1": 0.25}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["404"], "There is no vendor 404."),
        (["404", "--player", str(uuid.uuid4())], "There is no player"),
        (["404", "--quantity", "0"], "quantity"),
    ],
)
def test_command_refuses(args, message):
    with pytest.raises(CommandError, match=message):
        command(*args)
