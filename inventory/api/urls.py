from django.urls import path, re_path

from inventory.api.operations import CATALOGUE_TABLES
from inventory.api.views.bundles import DynamicBundleViewSet
from inventory.api.views.catalogue import CatalogueViewSet, VendorOddsViewSet
from inventory.api.views.inventory import PlayerInventoryViewSet
from inventory.api.views.orders import PlayerOrderViewSet, PlayersOrderViewSet, unknown_path
from inventory.api.views.sessions import InventorySessionViewSet

PLAYER_PATHS = (
    "v1/player/me",
    "v1/player/<str:player_id>",
    "v2/player/me",
    "v2/player/<str:player_uuid>",
)
# What stands after a player's path.
PLAYER_DOORS = {
    "order": PlayerOrderViewSet.as_view({"get": "list", "post": "create"}),
    "order/<str:order_id>": PlayerOrderViewSet.as_view({"get": "retrieve"}),
    "inventory": PlayerInventoryViewSet.as_view(
        {"get": "retrieve", "post": "create", "put": "update_many"}
    ),
    "inventory/<str:inventory_id>": PlayerInventoryViewSet.as_view({"put": "update"}),
    "session": InventorySessionViewSet.as_view({"get": "retrieve", "post": "create"}),
    "dynamic-bundle/<str:loot_id>": DynamicBundleViewSet.as_view({"get": "retrieve"}),
}
CATALOGUE_DOORS = {
    f"v1/catalog/{word}{end}": CatalogueViewSet.as_view(
        {"get": action}, table=table, operations=operations
    )
    for table, (word, key, operations) in CATALOGUE_TABLES.items()
    for end, action in (("", "list"), (f"/<str:{key}>", "retrieve"))
}

urlpatterns = [
    path("v1/order", PlayersOrderViewSet.as_view({"post": "create"})),
    *[
        path(f"{player}/{end}", door)
        for player in PLAYER_PATHS
        for end, door in PLAYER_DOORS.items()
    ],
    *[path(word, door) for word, door in CATALOGUE_DOORS.items()],
    path("v1/catalog/vendor/<str:vendor_id>/odds", VendorOddsViewSet.as_view({"get": "retrieve"})),
    # Also a path that does not exist is refused in this dialect.
    re_path("", unknown_path),
]
