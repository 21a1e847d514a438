"""How the list of orders is narrowed."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from orders.admin.stuck import STUCK, stuck_orders
from orders.models import Order


class StuckFilter(admin.SimpleListFilter):
    title = "what needs attention"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(each.key, each.title) for each in STUCK]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        key = self.value()
        return stuck_orders(key, queryset) if key else queryset
