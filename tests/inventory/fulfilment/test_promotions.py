"""Promotion codes (DOMAIN 2.13 E)."""

from datetime import timedelta

import pytest

from catalog.snapshot import Promotion
from inventory.fulfilment.holdings import Draft
from inventory.fulfilment.orders import (
    Change,
    CodeClaimed,
    CodeReturned,
    Entry,
    EntryOutcome,
    Session,
)
from inventory.fulfilment.trace import Step, Told, Trace
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from tests.inventory.fulfilment.examples import (
    AT_LEAST,
    EARLIER,
    LATER,
    NOW,
    PASS,
    PLAYER,
    SWORD,
    catalogue,
    create,
    failure,
    loot,
    made,
    order,
    owned,
    planned,
    vendor,
)

MOMENT = timedelta(microseconds=1)
STEAM = 5


def campaign(*, give=None, is_vendor_active=True, **fields):
    """The code WELCOME gives loot 70, a sword."""
    return catalogue(
        vendor(1, give or loot(70, item=SWORD), active=is_vendor_active),
        promotions=[Promotion("WELCOME", 70, **fields)],
    )


def enter(code="WELCOME", quantity=1):
    return Entry(EntryType.PROMOTION_CODE, quantity, external_tran_id=code)


def claimed(nth=0, count=1, before=None):
    """The outcome of a claim whose first effect is the order's n-th."""
    after = before.with_count(count) if before else made(nth + 1, SWORD, count)
    return EntryOutcome(Result.SUCCESS, (CodeClaimed(70, "WELCOME"), Change(70, before, after)))


def returned(result):
    return EntryOutcome(result, (CodeClaimed(70, "WELCOME"), CodeReturned(70, "WELCOME")))


def outcomes_of(of, *entries, uses=0, own_uses=0, **fields):
    result = planned(
        order(*entries, **fields),
        of,
        uses={"WELCOME": uses, "OTHER": 9},
        claimed={"WELCOME": own_uses, "OTHER": 9},
    )
    return result.entries


def test_a_code_gives_its_loot_and_takes_a_use():
    result = planned(order(enter()), campaign())

    assert result.entries == (claimed(),)
    assert owned(result.holdings) == [made(1, SWORD, 1)]
    assert result.holdings.claimed == {"WELCOME": 1}


@pytest.mark.parametrize("code", ["welcome", " WELCOME\n", "WelCome "])
def test_a_code_may_be_typed_in_any_way(code):
    assert outcomes_of(campaign(), enter(code)) == (claimed(),)


@pytest.mark.parametrize("quantity", [-1, 0, 1, 7])
def test_the_quantity_is_of_no_account(quantity):
    assert outcomes_of(campaign(), enter(quantity=quantity)) == (claimed(),)


def test_a_client_may_enter_a_code_for_what_it_may_not_claim():
    assert outcomes_of(campaign(), enter(), source=Source.CLIENT) == (claimed(),)


@pytest.mark.parametrize("code", [None, "", " ", "WELCOME2"])
def test_a_code_must_exist(code):
    assert outcomes_of(campaign(), enter(code)) == (failure(Result.PROMOTION_NOT_FOUND),)


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"active": False}, Result.PROMOTION_NOT_AVAILABLE),
        ({"starts_at": NOW + MOMENT}, Result.PROMOTION_NOT_AVAILABLE),
        ({"starts_at": NOW}, Result.SUCCESS),
        ({"starts_at": EARLIER, "ends_at": LATER}, Result.SUCCESS),
        ({"ends_at": NOW + MOMENT}, Result.SUCCESS),
        ({"ends_at": NOW}, Result.PROMOTION_EXPIRED),
        ({"starts_at": LATER, "ends_at": EARLIER}, Result.PROMOTION_NOT_AVAILABLE),
    ],
)
def test_a_code_has_its_time(fields, result):
    (outcome,) = outcomes_of(campaign(**fields), enter())

    assert outcome.result is result


@pytest.mark.parametrize(
    ("portals", "portal_id", "result"),
    [
        (set(), None, Result.SUCCESS),
        (set(), STEAM, Result.SUCCESS),
        ({"steam"}, STEAM, Result.SUCCESS),
        ({"psn", "steam"}, STEAM, Result.SUCCESS),
        ({"psn"}, STEAM, Result.PROMOTION_NOT_AVAILABLE),
        ({"psn"}, None, Result.PROMOTION_NOT_AVAILABLE),
        ({"none"}, None, Result.SUCCESS),
    ],
)
def test_a_code_may_be_for_some_platforms(portals, portal_id, result):
    of = campaign(portals=frozenset(portals))

    (outcome,) = outcomes_of(of, enter(), portal_id=portal_id)

    assert outcome.result is result


def test_the_sessions_platform_goes_before_the_orders_portal():
    of = campaign(portals=frozenset({"psn"}))

    (outcome,) = planned(
        order(enter(), portal_id=STEAM), of, session=Session(PLAYER, "PSN")
    ).entries

    assert outcome.result is Result.SUCCESS


@pytest.mark.parametrize(
    ("limit", "own_uses", "result"),
    [
        (1, 0, Result.SUCCESS),
        (1, 1, Result.PROMOTION_CLAIMED_ALREADY),
        (2, 1, Result.SUCCESS),
        (2, 2, Result.PROMOTION_CLAIMED_ALREADY),
        (0, 0, Result.PROMOTION_CLAIMED_ALREADY),
    ],
)
def test_a_player_may_use_a_code_so_often(limit, own_uses, result):
    (outcome,) = outcomes_of(campaign(per_player_limit=limit), enter(), own_uses=own_uses)

    assert outcome.result is result


@pytest.mark.parametrize(
    ("maximum", "uses", "result"),
    [
        (None, 10**9, Result.SUCCESS),
        (3, 2, Result.SUCCESS),
        (3, 3, Result.PROMOTION_NO_USES_LEFT),
        (3, 4, Result.PROMOTION_NO_USES_LEFT),
        (0, 0, Result.PROMOTION_NO_USES_LEFT),
    ],
)
def test_all_players_may_use_a_code_so_often(maximum, uses, result):
    (outcome,) = outcomes_of(campaign(max_uses=maximum), enter(), uses=uses)

    assert outcome.result is result


def test_a_code_that_nobody_used_has_all_its_uses():
    result = planned(order(enter()), campaign(max_uses=1))

    assert result.entries == (claimed(),)


def test_uses_within_an_order_count():
    of = campaign(per_player_limit=3, max_uses=9)

    outcomes = outcomes_of(of, *[enter()] * 3, uses=7, own_uses=0)

    assert outcomes == (
        claimed(),
        claimed(2, 2, made(1, SWORD, 1)),
        failure(Result.PROMOTION_NO_USES_LEFT),
    )
    assert outcomes_of(of, *[enter()] * 3, own_uses=2)[1:] == (
        failure(Result.PROMOTION_CLAIMED_ALREADY),
        failure(Result.PROMOTION_CLAIMED_ALREADY),
    )


@pytest.mark.parametrize(
    ("of", "result"),
    [
        (catalogue(promotions=[Promotion("WELCOME", 70)]), Result.LOOT_NOT_FOUND),
        (campaign(is_vendor_active=False), Result.LOOT_NOT_ACTIVE),
        (campaign(give=loot(70, item=SWORD, active=False)), Result.LOOT_NOT_ACTIVE),
        (campaign(give=loot(70, AT_LEAST, item=PASS)), Result.CANNOT_MEET_LOOT_REQUIRED),
        (campaign(give=loot(70, item=99)), Result.ITEM_NOT_FOUND),
    ],
)
def test_a_use_is_given_back_where_the_loot_cannot_be_filled(of, result):
    first = planned(order(enter(), enter(), create(SWORD)), of)

    # The second entry finds the use that the first gave back.
    assert first.entries[:2] == (returned(result), returned(result))
    assert first.holdings.claimed == {}
    assert owned(first.holdings) == [made(0, SWORD, 1)]


def test_a_transaction_that_rolls_back_takes_no_use():
    placed = order(enter(), create(None), is_transaction=True)

    result = planned(placed, campaign(), claimed={"OTHER": 1})

    assert result.entries == (failure(Result.ROLLBACK), failure(Result.ITEM_NOT_FOUND))
    assert result.holdings.claimed == {"OTHER": 1}


def test_a_transaction_that_fails_at_a_code_tells_no_claim():
    of = campaign(give=loot(70, AT_LEAST, item=PASS))

    result = planned(order(enter(), is_transaction=True), of)

    assert result.entries == (failure(Result.CANNOT_MEET_LOOT_REQUIRED),)


def test_an_internal_error_leaves_no_use(monkeypatch):
    def fall(*_, **__):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Draft, "write", fall)
        broken = planned(order(enter()), campaign())

    assert broken.entries == (failure(Result.INTERNAL_ERROR),)
    assert broken.holdings.claimed == {}


def test_a_claim_is_told_before_what_it_gives():
    trace = Trace()

    planned(order(enter()), campaign(), trace=trace)

    (steps,) = trace.entries
    assert Step(Told.CLAIM, ("WELCOME",), 70) in steps
