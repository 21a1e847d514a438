from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from orders.api.refusals import PathNotFound
from orders.api.sales.errors import answer_to
from orders.api.sales.views.exports import ExportViewSet
from orders.api.sales.views.lists import SaleListViewSet
from orders.api.sales.views.metrics import MetricsViewSet
from orders.api.sales.views.offers import OfferViewSet
from orders.api.sales.views.orders import OrderViewSet
from orders.api.sales.views.payments import PaymentViewSet


@csrf_exempt
def unknown_path(_request: HttpRequest) -> HttpResponse:
    return answer_to(PathNotFound(), {})


urlpatterns = [
    # The paths without an id stand before `{id}`, which is any word.
    path("orders/initiate-payment", OrderViewSet.as_view({"post": "create"})),
    path("orders/odata", SaleListViewSet.as_view({"get": "list_sales"})),
    path("orders/aggregated", MetricsViewSet.as_view({"get": "aggregate"})),
    path("orders/bulk-cancel", OrderViewSet.as_view({"post": "bulk_cancel"})),
    path("orders/export", ExportViewSet.as_view({"post": "export"})),
    path("orders/export/<str:id>", ExportViewSet.as_view({"get": "retrieve"})),
    path("orders/export/<str:id>/download", ExportViewSet.as_view({"get": "download"})),
    path("orders/items/action", OrderViewSet.as_view({"post": "act_on_items"})),
    path("orders/payment-workflow", PaymentViewSet.as_view({"post": "move"})),
    path("orders/<str:id>", OrderViewSet.as_view({"get": "retrieve"})),
    path(
        "orders/<str:id>/status",
        OrderViewSet.as_view({"put": "change_status", "patch": "change_status"}),
    ),
    path(
        "product-catalogue/offers", OfferViewSet.as_view({"get": "list_offers", "post": "create"})
    ),
    path("product-catalogue/offers/<str:id>", OfferViewSet.as_view({"get": "retrieve"})),
    # Also a path that does not exist is refused in this dialect.
    re_path(r"^(?:orders|product-catalogue)(?:/|$)", unknown_path),
]
