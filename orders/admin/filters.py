"""How the list of orders is narrowed."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from config.admin import as_uuid
from config.filters import BetweenAmounts, BetweenDays, FilledIn, Input
from orders.admin.stuck import STUCK, stuck_orders
from orders.models import Order
from players.models import Establishment

OPEN = (
    Order.Status.RESERVED,
    Order.Status.PENDING_PAYMENT,
    Order.Status.PAYMENT_FAILED,
    Order.Status.PROCESSING,
)
# Of more of them the list is opened from the establishment's page, or it is searched for.
CHOSEN_FROM = 500


class ShownStatus(admin.ChoicesFieldListFilter):
    """As the column of the list has it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "status, as listed"


class Stage(admin.ChoicesFieldListFilter):
    """What it follows from: one stage of a reward is shown as pending, sent or delayed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "stage (Reserved: pending, sent or delayed)"


class Through(admin.RelatedFieldListFilter):
    """Through none are rewards paid, which is said of what else would be a dash."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_value_display = SafeString("None (rewards)")


class StuckFilter(admin.SimpleListFilter):
    title = "what needs attention"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(each.key, each.title) for each in STUCK]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        key = self.value()
        return stuck_orders(key, queryset) if key else queryset


class UnchangedFor(admin.SimpleListFilter):
    """Open orders with which nothing has happened for so long."""

    title = "open and unchanged for longer than"
    parameter_name = "unchanged"
    spans: ClassVar[dict[str, tuple[str, timedelta]]] = {
        "1h": ("An hour", timedelta(hours=1)),
        "1d": ("A day", timedelta(days=1)),
        "3d": ("Three days", timedelta(days=3)),
        "7d": ("A week", timedelta(days=7)),
        "30d": ("A month", timedelta(days=30)),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        key = self.value()
        if key is None:
            return queryset
        if key not in self.spans:
            return queryset.none()
        _, span = self.spans[key]
        return queryset.filter(status__in=OPEN, updated_at__lt=timezone.now() - span)


class CreatedBetween(BetweenDays):
    title = "day (UTC)"
    parameter_names = ("created_from", "created_to")
    column = "created_at"


class TotalBetween(BetweenAmounts):
    title = "amount"
    parameter_names = ("total_from", "total_to")
    column = "total"


class ByEstablishment(FilledIn):
    title = "establishment"
    parameter_names = ("establishment_id",)

    def inputs(self) -> list[Input]:
        chosen = self.value("establishment_id")
        found = Establishment.objects.order_by("name").values_list("pk", "name")[:CHOSEN_FROM]
        options = [("", "All"), *((str(pk), name) for pk, name in found)]
        if chosen not in dict(options):
            options.append((chosen, chosen))
        return [Input("establishment_id", "Establishment", chosen, options=options)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        chosen = self.value("establishment_id")
        if not chosen:
            return queryset
        key = as_uuid(chosen)
        return queryset.none() if key is None else queryset.filter(establishment_id=key)
