from dataclasses import replace
from uuid import UUID

import pytest

from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Change, CodeClaimed, NewOrder, Session
from inventory.fulfilment.vocabulary import Source
from tests.inventory.fulfilment.examples import EARLIER, GEMS, NOW, PASS, SWORD, owned, record

GEM_RECORD = record(1, GEMS, 5)
SWORD_RECORD = record(2, SWORD, 1)
NEW_GEMS = record(3, GEMS, 2)


def test_draft_reads_what_was_before():
    draft = Holdings([GEM_RECORD, SWORD_RECORD, NEW_GEMS]).draft()

    assert list(draft.of_item(GEMS)) == [GEM_RECORD, NEW_GEMS]
    assert list(draft.of_item(PASS)) == []
    assert draft.find(SWORD_RECORD.inventory_id) is SWORD_RECORD
    assert draft.find(record(9, GEMS, 1).inventory_id) is None
    assert draft.find(None) is None


def test_draft_shows_its_writes_and_leaves_the_holdings_as_they_were():
    holdings = Holdings([GEM_RECORD, SWORD_RECORD])
    draft = holdings.draft()
    fewer = GEM_RECORD.with_count(4)

    draft.write(70, GEM_RECORD, fewer)
    draft.write(None, None, NEW_GEMS)

    assert list(draft.of_item(GEMS)) == [fewer, NEW_GEMS]
    assert draft.find(GEM_RECORD.inventory_id) == fewer
    assert draft.effects == [Change(70, GEM_RECORD, fewer), Change(None, None, NEW_GEMS)]
    assert owned(draft.holdings()) == [fewer, SWORD_RECORD, NEW_GEMS]
    assert owned(holdings) == [GEM_RECORD, SWORD_RECORD]


def test_draft_moves_a_record_to_another_item():
    draft = Holdings([GEM_RECORD, SWORD_RECORD]).draft()
    moved = record(1, SWORD, 5)

    draft.write(None, GEM_RECORD, moved)

    assert list(draft.of_item(GEMS)) == []
    assert list(draft.of_item(SWORD)) == [SWORD_RECORD, moved]
    assert owned(draft.holdings()) == [moved, SWORD_RECORD]


class RaisedError(Exception):
    pass


def write_and_raise(draft):
    draft.write(71, draft.find(GEM_RECORD.inventory_id), GEM_RECORD.with_count(3))
    draft.write(72, None, SWORD_RECORD)
    raise RaisedError


def test_savepoint_drops_what_was_written_inside_it_when_something_is_raised():
    draft = Holdings([GEM_RECORD]).draft()
    draft.write(70, GEM_RECORD, GEM_RECORD.with_count(4))

    with pytest.raises(RaisedError), draft.savepoint():
        write_and_raise(draft)

    assert draft.effects == [Change(70, GEM_RECORD, GEM_RECORD.with_count(4))]
    assert owned(draft.holdings()) == [GEM_RECORD.with_count(4)]


def test_savepoint_keeps_what_was_written_when_nothing_is_raised():
    draft = Holdings().draft()

    with draft.savepoint():
        draft.write(70, None, GEM_RECORD)

    assert owned(draft.holdings()) == [GEM_RECORD]


# All that a savepoint keeps, besides records

SESSION = Session(UUID(int=77), applied_loot=frozenset({1}))
CHILD = NewOrder(71, "order", Source.SYSTEM, ())


def do_all(draft):
    draft.write(70, None, GEM_RECORD)
    draft.submit(CHILD)
    draft.claim("CODE", 71)
    draft.apply_once(72)
    draft.drop(73)
    draft.try_once("client", NOW)
    draft.next_throw()


def state(draft):
    return (
        owned(draft),
        list(draft.effects),
        draft.child_orders,
        draft.claimed("CODE"),
        draft.session,
        set(draft.dropped),
        draft.weight,
    )


def test_rehearsal_leaves_nothing():
    draft = Holdings([SWORD_RECORD], session=SESSION, claimed={"CODE": 2}).draft()

    with draft.rehearsal():
        do_all(draft)
        during = state(draft)

    assert during == (
        [GEM_RECORD, SWORD_RECORD],
        [Change(70, None, GEM_RECORD), CHILD, CodeClaimed(71, "CODE")],
        1,
        3,
        replace(SESSION, applied_loot=frozenset({1, 72})),
        {73},
        2,
    )
    assert state(draft) == ([SWORD_RECORD], [], 0, 2, SESSION, set(), 0)


def test_tries_and_throws_stay_whatever_is_rolled_back():
    draft = Holdings(tries={"client": [EARLIER]}).draft()

    with draft.rehearsal():
        do_all(draft)

    assert draft.next_throw() == 2
    assert list(draft.tried("client")) == [EARLIER, NOW]
    assert draft.rolled_back().tries == {"client": [EARLIER, NOW]}


def test_holdings_afterwards_have_it_all():
    draft = Holdings([SWORD_RECORD], session=SESSION, claimed={"OTHER": 2}).draft()

    do_all(draft)

    after = draft.holdings()
    assert (owned(after), after.session, after.claimed) == (
        [GEM_RECORD, SWORD_RECORD],
        replace(SESSION, applied_loot=frozenset({1, 72})),
        {"OTHER": 2, "CODE": 1},
    )


def test_draft_finds_a_record_by_its_integer():
    draft = Holdings([GEM_RECORD, SWORD_RECORD]).draft()

    assert draft.find_legacy(SWORD_RECORD.legacy_inventory_id) is SWORD_RECORD
    assert draft.find_legacy(9) is None
    assert draft.find_legacy(None) is None
