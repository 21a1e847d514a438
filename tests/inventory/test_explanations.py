import io
import json
from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from catalog.models import CatalogVersion, Loot, PricePoint, Vendor
from inventory.explanations import (
    MISSING,
    REASONS,
    RESULTS,
    Line,
    expected_prices,
    explain_replay,
    explain_steps,
)
from inventory.fulfilment.trace import Step, Told
from inventory.fulfilment.vocabulary import EntryType, Result
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services.accept_player_orders import EntryDraft
from inventory.services.replay_player_order import replay_player_order
from tests.factories import ItemFactory, LootFactory, PlayerFactory, VendorFactory
from tests.inventory.fulfilment.examples import LATER, record
from tests.placing import create, fill, place

ITEMS = {10: "gems", 11: "coupon"}
LOOT = {7: "sword", 8: "shield"}


def text(told, *values, loot_id=None):
    [line] = explain_steps([Step(told, values, loot_id=loot_id)], ITEMS, LOOT)
    return line.text


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (
            Step(Told.CHECK, (Result.CANNOT_AFFORD_PRICE, False)),
            "Applies: cannot_afford_price. The player does not have enough of a currency.",
        ),
        (Step(Told.FILL, (3_000,), loot_id=7), "Fill 3,000 × loot sword (7)."),
        (Step(Told.FILL, (1,), loot_id=9), "Fill 1 × loot 9."),
        (
            Step(Told.SKIP, ("stack_limit",), loot_id=7),
            "Pass over loot sword (7): the player has as many as may drop.",
        ),
        (
            Step(Told.PRICE, (5, ((10, 30), (12, 1))), loot_id=7),
            "Price of one, from 5 on: 30 × gems (10) and 1 × item 12.",
        ),
        (Step(Told.REDUCE, (2, 5), loot_id=7), "Of its 5 parts the player has 2."),
        (
            Step(Told.COUPON, (11, ((10, 15),)), loot_id=7),
            "With the coupon coupon (11) one costs 15 × gems (10).",
        ),
        (Step(Told.SPEND, (10, 30), loot_id=7), "Spend 30 × gems (10)."),
        (
            Step(Told.DRAW, ((8, 3), ((7, 1), (8, 3)), 3, 5)),
            (
                "Drawn: loot shield (8), at 3 of 5 (60.00%). The weights: sword (7): 1; "
                "shield (8): 3; and 1 more."
            ),
        ),
        (Step(Told.CHANGE, (None, record(1, 10, 5))), "gems (10): new record with 5 (+5)."),
        (
            Step(Told.CHANGE, (record(1, 10, 5), record(1, 10, 2, expires=LATER)), loot_id=7),
            "gems (10): 5 → 2 (-3), expires None → 2025-04-02 12:00:00+00:00.",
        ),
        (Step(Told.LEVEL, (10, 2, 4)), "Level of gems (10): 2 → 4."),
        (Step(Told.SUBMIT, ("an-id",), loot_id=7), "Place the order an-id for loot sword (7)."),
        (Step(Told.SUBMIT, ("an-id",)), "Place the order an-id."),
        (
            Step(Told.CLAIM, ("GIFT",), loot_id=7),
            "Take a use of the code GIFT, for loot sword (7).",
        ),
        (
            Step(Told.ROLLBACK, (Result.ITEM_NOT_ACTIVE,), loot_id=7),
            "loot sword (7) fails with item_not_active; what it did is undone.",
        ),
        (
            Step(Told.ROLLBACK, (Result.INTERNAL_ERROR, "KeyError(5)")),
            "The entry fails with internal_error (KeyError(5)); what it did is undone.",
        ),
    ],
)
def test_step_is_told_in_words(step, line):
    assert [each.text for each in explain_steps([step], ITEMS, LOOT)] == [line]


def test_every_kind_of_step_has_words():
    values = {
        Told.CHECK: (Result.SUCCESS, False),
        Told.PRICE: (1, ()),
        Told.REDUCE: (1, 2),
        Told.COUPON: (1, ()),
        Told.SPEND: (1, 2),
        Told.DRAW: ((1, 1), ((1, 1),), 1, 1),
        Told.CHANGE: (None, record(1, 1, 1)),
        Told.LEVEL: (1, 2, 3),
        Told.SKIP: ("bundle",),
        Told.ROLLBACK: (Result.SUCCESS,),
    }

    for told in Told:
        assert not text(told, *values.get(told, (1,)), loot_id=7).startswith(f"{told}: ")


def test_checks_that_passed_share_a_line():
    steps = [
        Step(Told.CHECK, (Result.LOOT_NOT_FOUND, True)),
        Step(Told.CHECK, (Result.LOOT_NOT_ACTIVE, True)),
        Step(Told.CHECK, (Result.LOOT_NOT_FOUND, True)),
        Step(Told.FILL, (1,), loot_id=7),
        Step(Told.CHECK, (Result.ITEM_NOT_FOUND, True), depth=1),
    ]

    assert explain_steps(steps, ITEMS, LOOT) == [
        Line(0, "2 checks passed: loot_not_found, loot_not_active."),
        Line(0, "Fill 1 × loot sword (7)."),
        Line(1, "1 check passed: item_not_found."),
    ]


def test_what_a_failed_check_was_about_is_told():
    steps = [
        Step(Told.FILL, (1,), loot_id=7),
        Step(Told.CHECK, (Result.FAILED_TO_MODIFY_INVENTORY, False, "session")),
        Step(Told.CHECK, (Result.PRICE_DOES_NOT_MATCH, False)),
    ]

    lines = explain_steps(steps, ITEMS, LOOT, expected=[(10, 45)])
    mismatch = RESULTS[Result.PRICE_DOES_NOT_MATCH]

    assert [line.text for line in lines[1:]] == [
        f"Applies: failed_to_modify_inventory: {MISSING['session']}. It is about loot sword (7).",
        f"Applies: price_does_not_match. {mismatch} The buyer expected 45 × gems (10).",
    ]


@pytest.mark.parametrize(
    ("sent", "prices"),
    [
        ({}, []),
        ({"purchase_price": {"currencies": [{"price_item_id": 10, "price": 45}]}}, [(10, 45)]),
        ({"purchase_price": {"price_item_id": 10, "price": 0}}, [(10, 0)]),
        ({"purchase_price": {"price_item_id": 10}}, []),
    ],
)
def test_expected_prices_are_read_in_both_shapes(sent, prices):
    assert expected_prices(PlayerOrderEntry(fields=sent)) == prices


def test_order_that_was_placed_can_be_found():
    [line] = explain_steps([Step(Told.SUBMIT, ("an-id",))], ITEMS, LOOT)

    assert line == Line(0, "Place the order an-id.", "an-id")


def test_new_record_says_its_bucket_and_kind():
    new = replace(record(1, 10, 1), bucket="steam", session_id=uuid4())

    assert text(Told.CHANGE, None, new) == (
        "gems (10): new record with 1 (+1) in bucket steam, transient."
    )


def test_reasons_are_told_apart():
    assert len(set(REASONS.values())) == len(REASONS)


@pytest.fixture
def purchase(db):
    """A purchase of one draw that the player can afford once."""
    gems, player = ItemFactory(id=10, name="gems"), PlayerFactory()
    chest = VendorFactory(type=Vendor.Type.RANDOMLY_SAMPLED)
    LootFactory(id=7, name="sword", vendor=chest, drop_weight=1)
    point = PricePoint.objects.create(
        id="thirty",
        current_breakpoints=[
            {"quantity": 1, "currencies": [{"price_item_id": gems.pk, "price": 30}]}
        ],
    )
    loot = LootFactory(id=6, name="chest", item=None, sub_vendor=chest, current_price_point=point)
    buy = EntryDraft(
        type=EntryType.PURCHASE_LOOT,
        quantity=1,
        entry_id="buy",
        loot_id=loot.pk,
        fields={"purchase_price": {"price_item_id": gems.pk, "price": 30}},
    )
    place(player, create(gems, 40))
    return place(player, buy, fill(Loot(pk=404)), order_id="purchase")


def test_replay_is_told_in_words(purchase, django_assert_num_queries):
    replay = replay_player_order(PlayerOrder.objects.get(pk=purchase.pk))

    with django_assert_num_queries(2):
        bought, missing = explain_replay(replay)

    said = [line.text for line in bought.lines]
    assert "Price of one, from 1 on: 30 × gems (10)." in said
    assert said.index("Spend 30 × gems (10).") < said.index("Fill 1 × loot chest (6).")
    assert "Drawn: loot sword (7), at 1 of 1 (100.00%). The weights: sword (7): 1." in said
    assert missing.lines[-2:] == [
        Line(0, "Applies: loot_not_found. There is no such loot, or none was named."),
        Line(0, "The entry fails with loot_not_found; what it did is undone."),
    ]


def explained(order_id):
    output = io.StringIO()
    call_command("explain_order", order_id, stdout=output)
    return json.loads(output.getvalue())


def test_command_explains_an_order(purchase):
    answer = explained("purchase")

    buy, _ = answer.pop("entries")
    steps = buy.pop("steps")
    assert answer == {
        "order_id": "purchase",
        "player": str(purchase.player.uuid),
        "state": "done",
        "catalogue_version": CatalogVersion.objects.get().version,
        "reproduced": True,
        "why_not": "",
        "remarks": [],
    }
    assert buy == {
        "entry_id": "buy",
        "type": "purchase_loot",
        "stored_result": "success",
        "result": "success",
        "differences": [],
    }
    assert {"depth": 0, "text": "Spend 30 × gems (10)."} in steps


def test_command_tells_differences(purchase):
    PlayerOrderEntry.objects.filter(entry_id="buy").update(result="item_not_found")

    answer = explained("purchase")

    assert answer["reproduced"] is False
    assert answer["entries"][0]["differences"] == [
        "entry, result: item_not_found is stored, success comes out"
    ]


def test_command_tells_that_an_order_waits(db):
    order = place(PlayerFactory(), create(ItemFactory()), wait=False)

    answer = explained(order.order_id)

    assert (answer["reproduced"], answer["why_not"], answer["entries"]) == (
        False,
        "The order is not done yet.",
        [],
    )


def test_command_refuses_an_unknown_order(db):
    with pytest.raises(CommandError, match="There is no player order 404"):
        explained("404")
