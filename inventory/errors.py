"""What the inventory refuses."""

from config.errors import Conflict, Invalid


class OrderIdTaken(Invalid):
    """The order id chosen by the caller names an order of another player."""

    code = "order_id_taken"


class InventoryMoved(Conflict):
    """The record is not what was seen when the correction was asked for."""

    code = "inventory_moved"


class OrdersWaiting(Conflict):
    """Orders of the player wait to be done, so nobody knows what a correction would find."""

    code = "orders_waiting"
