"""Filters of lists that are opened for one row of another table, whichever app has the list."""

from config.admin import NarrowedBy, as_uuid


class OfPlayer(NarrowedBy):
    title = "player"
    parameter_name = "player_id"


class OfEstablishment(NarrowedBy):
    title = "establishment"
    parameter_name = "establishment_id"
    as_key = staticmethod(as_uuid)


class OfProduct(NarrowedBy):
    title = "product"
    parameter_name = "product_id"
    as_key = staticmethod(as_uuid)


class OfItem(NarrowedBy):
    title = "item"
    parameter_name = "item_id"


class OfOrder(NarrowedBy):
    title = "order"
    parameter_name = "order_id"
