"""Everything that the filters of the list match is cancelled: settled here, done elsewhere."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from config.admin import BoundedChangeList, list_of, page_address
from config.errors import Refusal
from orders.admin.bulk_form import MatchingForm
from orders.admin.saved_views import SavedViewsAdmin
from orders.models import Order
from orders.services.freeze_bulk_cancellation import freeze_bulk_cancellation
from players.admin.staff import member

NOT_NARROWED = "Narrow the list first: that would be all orders that there are."
SETTLED = (
    "Those that match when you go on are settled then; what is ordered later is not among them."
    " Next you choose how, and see what it does to each, before anything is cancelled."
)


def is_narrowed(orders: BoundedChangeList) -> bool:
    return bool(orders.has_active_filters or orders.query)


class BulkMatchingAdmin(SavedViewsAdmin):
    """The link above the list, the page behind it, and the step to the bulk cancellation."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.cancel_matching)
        return [
            path("cancel-matching/", view, name="cancel_matching_orders"),
            *super().get_urls(),
        ]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["orders.cancel_order", "orders.view_order"])

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        shown = cast("BoundedChangeList | None", context.get("cl"))
        matches = shown is not None and is_narrowed(shown) and shown.result_count > 0
        if matches and self.has_cancel_permission(request):
            url = reverse("admin:cancel_matching_orders")
            context["cancel_matching_url"] = f"{url}?{request.GET.urlencode()}"
        return response

    def cancel_matching(self, request: HttpRequest) -> HttpResponse:
        """Say how many match, and settle which they are once that is confirmed."""
        if not self.has_cancel_permission(request):
            raise PermissionDenied
        query = request.GET.urlencode()
        back = f"{list_of(Order)}?{query}" if query else list_of(Order)
        matching = cast("BoundedChangeList", self.get_changelist_instance(request))
        if matching.gave_up:
            return HttpResponseRedirect(back)
        if not is_narrowed(matching):
            messages.error(request, NOT_NARROWED)
            return HttpResponseRedirect(back)
        form = MatchingForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self.freeze(request, matching.queryset, **form.cleaned_data)
        return self.ask(
            request,
            f"Cancel all that match: {matching.paginator.total} orders",
            form=form,
            sent_to=request.get_full_path(),
            back=back,
            button="Go on" if matching.result_count else "",
            lines=[SETTLED],
        )

    def freeze(
        self, request: HttpRequest, orders: QuerySet[Order], *, operation_id: UUID
    ) -> HttpResponse:
        """Settle which orders they are, and go on to the page where they are cancelled."""
        try:
            bulk = freeze_bulk_cancellation(
                orders=orders,
                query=self.kept_query(request),
                owner=member(request),
                operation_id=operation_id,
            )
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(list_of(Order))
        return HttpResponseRedirect(page_address(bulk))
