import pytest

from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Change
from tests.inventory.fulfilment.examples import GEMS, PASS, SWORD, owned, record

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
