"""Orders as the services make them, for tests that begin with one."""

from decimal import Decimal

from orders.services.reserve_reward import Reservation, reserve_reward
from players.models import CoinEntry
from players.services.move_coins import move_coins
from tests.factories import EstablishmentFactory, PlayerFactory, ProductFactory

BY = "key:1"
ADDRESS = {
    "first_name": "John",
    "last_name": "Doe",
    "address_line1": "Main St 1",
    "address_line2": "Apt 3",
    "city": "Los Angeles",
    "province": "CA",
    "country": "US",
    "postal_code": "90210",
    "email": "john@example.com",
}


def a_player(*, coins=1_000, **fields):
    """A player of an establishment, with coins."""
    fields.setdefault("establishment", None)
    establishment = fields.pop("establishment") or EstablishmentFactory()
    player = PlayerFactory(establishment=establishment, **fields)
    if coins:
        move_coins(player, Decimal(coins), reason=CoinEntry.Reason.CORRECTION, by="system")
    return player


def a_reservation(*, player=None, product=None, by=BY, **fields):
    """A reserved order: of a new player and a new product with 10 units, if not said."""
    player = player or a_player()
    product = product or ProductFactory()
    reservation = Reservation(product_id=product.pk, establishment=player.establishment, **fields)
    return reserve_reward(player=player, reservation=reservation, by=by)
