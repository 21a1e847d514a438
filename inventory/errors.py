"""What the inventory refuses."""

from config.errors import Invalid


class OrderIdTaken(Invalid):
    """The order id chosen by the caller names an order of another player."""

    code = "order_id_taken"
