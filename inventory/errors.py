"""What the inventory refuses."""

from config.errors import Conflict, Invalid, NotFound, Refusal


class OrderIdTaken(Invalid):
    """The order id chosen by the caller names an order of another player."""

    code = "order_id_taken"


class InventoryMoved(Conflict):
    """The record is not what was seen when the correction was asked for."""

    code = "inventory_moved"


class OrdersWaiting(Conflict):
    """Orders of the player wait to be done, so nobody knows what a correction would find."""

    code = "orders_waiting"


class OrderNotUndone(Conflict):
    """What the order did cannot be taken back: the message says what and why."""

    code = "order_not_undone"


class VendorNotFound(NotFound):
    """The catalogue has no such vendor."""

    code = "vendor_not_found"


class VendorNotSampled(Invalid):
    """Nothing is drawn in the vendor, at any depth: there are no odds to tell."""

    code = "vendor_not_sampled"


class OddsBusy(Refusal):
    """This process works out other odds: it does so for one caller at a time."""

    code = "odds_busy"


class PlayerOrderNotFound(NotFound):
    """No order has this id."""

    code = "player_order_not_found"
