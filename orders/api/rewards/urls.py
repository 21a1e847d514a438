from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from orders.api.refusals import PathNotFound
from orders.api.rewards.errors import answer_to
from orders.api.rewards.views.coins import CoinsViewSet
from orders.api.rewards.views.lists import OrderListViewSet, PlayerOrderListViewSet
from orders.api.rewards.views.orders import OrderViewSet
from orders.api.rewards.views.webhooks import WebhooksViewSet


@csrf_exempt
def unknown_path(_request: HttpRequest) -> HttpResponse:
    return answer_to(PathNotFound(), {})


PLAYER = "<str:playerId>"
# What stands after the player of an order.
ORDER_DOORS = {
    "reservation": OrderViewSet.as_view({"post": "reserve"}),
    "reservation/<str:transactionId>": OrderViewSet.as_view({"delete": "cancel_reservation"}),
    "details/<str:transactionId>": OrderViewSet.as_view({"put": "update_details"}),
    "send/<str:transactionId>": OrderViewSet.as_view({"post": "send"}),
    "track/<str:transactionId>": OrderViewSet.as_view({"post": "track"}),
    "acquisition/<str:transactionId>": OrderViewSet.as_view(
        {"post": "acquire", "delete": "cancel_acquisition"}
    ),
}

urlpatterns = [
    path("orders/list", OrderListViewSet.as_view({"post": "list_orders"})),
    *[path(f"orders/{PLAYER}/{end}", door) for end, door in ORDER_DOORS.items()],
    path(f"players/{PLAYER}/orders", PlayerOrderListViewSet.as_view({"get": "list_orders"})),
    path(
        f"players/{PLAYER}/orders/<str:transactionId>",
        PlayerOrderListViewSet.as_view({"get": "retrieve"}),
    ),
    path("coins", CoinsViewSet.as_view({"put": "change"})),
    path("webhooks/replay", WebhooksViewSet.as_view({"post": "replay"})),
    # Also a path that does not exist is refused in this dialect.
    re_path(r"^(?:orders|players|coins|webhooks)(?:/|$)", unknown_path),
]
