import pytest

from catalog.models import Product
from orders.errors import DeliveryIncomplete, NothingChanged
from orders.models import Delivery
from orders.services.update_details import update_details
from tests.factories import ProductFactory
from tests.orders import states
from tests.orders.looking import everything, last_event, timeline
from tests.orders.reserving import ADDRESS, BY, a_player, a_reservation

pytestmark = pytest.mark.django_db


def test_only_what_is_given_changes_and_the_timeline_says_from_what_to_what():
    order = a_reservation(player=a_player(first_name="Jane", last_name="Roe"))

    update_details(order=order, changes={"city": "Rome", "first_name": "Jane"}, by="player:7")

    [delivery] = Delivery.objects.values("first_name", "last_name", "city", "country")
    assert delivery == {"first_name": "Jane", "last_name": "Roe", "city": "Rome", "country": ""}
    event = last_event(order)
    assert (event.kind, event.by) == ("details", "player:7")
    assert (event.before, event.after) == ({"city": ""}, {"city": "Rome"})


def test_what_is_set_already_is_not_told_again():
    order = a_reservation()

    for _ in range(2):
        update_details(order=order, changes=ADDRESS, by=BY)

    assert timeline(order) == ["reservation", "details"]


def test_no_details_are_refused_and_nothing_moves():
    order = a_reservation()
    before = everything()

    with pytest.raises(NothingChanged):
        update_details(order=order, changes={}, by=BY)

    assert everything() == before
    assert timeline(order) == ["reservation"]


def test_what_shipping_needs_cannot_be_emptied_once_it_is_captured():
    order = states.captured()
    before = everything()

    with pytest.raises(DeliveryIncomplete) as refusal:
        update_details(order=order, changes={"city": "", "country": "", "province": ""}, by=BY)

    assert refusal.value.details == {
        "city": ["This field is required."],
        "country": ["This field is required."],
    }
    assert everything() == before
    assert timeline(order) == ["reservation", "capture", "refused"]


def test_what_shipping_needs_can_be_emptied_before_and_of_what_is_digital():
    digital = ProductFactory(kind=Product.Kind.DIGITAL)
    update_details(order=a_reservation(), changes={"first_name": ""}, by=BY)

    update_details(order=states.captured(product=digital), changes={"city": ""}, by=BY)

    assert [*Delivery.objects.order_by("pk").values_list("first_name", "city")] == [
        ("", ""),
        ("John", ""),
    ]
