from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config import staff_site  # noqa: F401 - completes the staff site before its urls are made
from config.health import livez, readyz
from config.metrics import metrics
from orders.api.gateways import gateway_notice
from orders.pages.delivery import delivery_page
from orders.pages.exports import export_page
from orders.pages.payment import payment_page

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("inventory/", include("inventory.api.urls")),
    path("delivery", delivery_page, name="delivery"),
    path("exports", export_page, name="export_file"),
    path("pay", payment_page, name="pay"),
    path("payments/<slug:gateway_id>/webhook", gateway_notice, name="gateway_notice"),
    path("", include("orders.api.rewards.urls")),
    path("api/", include("orders.api.sales.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(), name="docs"),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
]
