from uuid import uuid4

import pytest

from orders.errors import NothingChanged
from orders.services.add_note import add_note
from tests.orders.looking import everything, last_event, timeline
from tests.orders.reserving import a_reservation

pytestmark = pytest.mark.django_db
STAFF = "staff:3"


def test_note_is_in_the_timeline_and_changes_nothing():
    order = a_reservation()
    before, operation_id = everything(), uuid4()

    for _ in range(2):
        add_note(order=order, note="The player called.", by=STAFF, operation_id=operation_id)

    assert everything() == before
    assert timeline(order) == ["reservation", "note"]
    event = last_event(order)
    assert (event.number, event.by, event.note) == (2, STAFF, "The player called.")


def test_empty_note_is_refused():
    order = a_reservation()

    with pytest.raises(NothingChanged):
        add_note(order=order, note=" \n", by=STAFF)

    assert timeline(order) == ["reservation"]
