from django.urls import path, re_path

from inventory.api.views import (
    PlayerInventoryViewSet,
    PlayerOrderViewSet,
    PlayersOrderViewSet,
    unknown_path,
)

PLAYER_PATHS = (
    "v1/player/me",
    "v1/player/<str:player_id>",
    "v2/player/me",
    "v2/player/<str:player_uuid>",
)
orders = PlayerOrderViewSet.as_view({"get": "list", "post": "create"})
order = PlayerOrderViewSet.as_view({"get": "retrieve"})
inventory = PlayerInventoryViewSet.as_view({"get": "retrieve"})

urlpatterns = [
    path("v1/order", PlayersOrderViewSet.as_view({"post": "create"})),
    *[path(f"{player}/order", orders) for player in PLAYER_PATHS],
    *[path(f"{player}/order/<str:order_id>", order) for player in PLAYER_PATHS],
    *[path(f"{player}/inventory", inventory) for player in PLAYER_PATHS],
    # Also a path that does not exist is refused in this dialect.
    re_path("", unknown_path),
]
