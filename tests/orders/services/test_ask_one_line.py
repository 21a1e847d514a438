import pytest

from config.one_line import NOT_ONE_LINE
from orders.errors import NotOneLine
from orders.services.capture_delivery import capture_delivery
from orders.services.register_tracking import register_tracking
from orders.services.reserve_reward import Reservation, reserve_reward
from orders.services.update_details import update_details
from tests.orders import states
from tests.orders.looking import everything
from tests.orders.reserving import ADDRESS, BY

pytestmark = pytest.mark.django_db

# Each is stored as one line; what it is stored with would be more.
STORING = {
    "update_details": (
        states.reserved,
        lambda order, text: update_details(order=order, changes={"city": text}, by=BY),
        "city",
    ),
    "capture_delivery": (
        states.reserved,
        lambda order, text: capture_delivery(
            order=order, overrides=ADDRESS | {"first_name": text}, by=BY
        ),
        "first_name",
    ),
    "register_tracking": (
        states.captured,
        lambda order, text: register_tracking(order=order, tracking_number=text, by=BY),
        "tracking_number",
    ),
    "reserve_reward": (
        states.cancelled,
        lambda order, text: reserve_reward(
            player=order.player,
            reservation=Reservation(
                product_id=order.product_id, establishment=order.establishment, email=text
            ),
            by=BY,
        ),
        "email",
    ),
}


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "a\x00", "a\x1b[31m", "a\x9b", "a\u2028b", "\u202ea"]
)
@pytest.mark.parametrize("service", STORING)
def test_text_of_one_line_is_refused_by_field_where_it_has_more(service, text):
    state, store, field = STORING[service]
    order = state()
    before = everything()

    with pytest.raises(NotOneLine) as refusal:
        store(order, text)

    assert refusal.value.details == {field: [NOT_ONE_LINE]}
    assert everything() == before


@pytest.mark.parametrize("text", ["Ⅷ <b>'; DROP", "\u200fשדרות", "👩\u200d🚀", "São João\u00a07"])
def test_text_of_any_language_is_one_line(text):
    order = update_details(order=states.reserved(), changes={"city": text}, by=BY)

    assert order.delivery.city == text
