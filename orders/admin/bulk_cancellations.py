"""A bulk cancellation: how, what it would do, what it did; each with a row per order."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from config.admin import NarrowedBy, Panel, ReadOnlyModelAdmin, list_of, page_address, page_of
from config.errors import Refusal
from orders.admin.bulk_cancel import said_in_all, said_of
from orders.admin.bulk_form import FrozenForm
from orders.admin.facts import name_of
from orders.cancelling import CancellingMany
from orders.models import BulkCancellation, BulkCancellationRow, Order
from orders.services.steer_bulk_cancellation import (
    confirm_bulk_cancellation,
    look_at_bulk_cancellation,
    stop_bulk_cancellation,
)
from players.admin.staff import member

State = BulkCancellation.State
RowState = BulkCancellationRow.State
CANCEL = ("orders.cancel_order", "orders.view_order")
LOOKS = {
    State.FROZEN.label: "info",
    State.LOOKING.label: "info",
    State.SHOWN.label: "warning",
    State.RUNNING.label: "primary",
    State.DONE.label: "success",
    State.STOPPED.label: "danger",
}
ROW_LOOKS = {
    RowState.ABLE.label: "info",
    RowState.UNABLE.label: "warning",
    RowState.CANCELLED.label: "success",
    RowState.REFUSED.label: "danger",
}
# Of each kind the page shows so many; the list has all.
ROWS = 50
REFRESHED_AFTER = "2"  # seconds
NOT_YOURS = "Only who began it can go on with it."


class ForCancellers(ReadOnlyModelAdmin):
    """Shown to those who may cancel orders."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(CANCEL)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perms(CANCEL)


@admin.register(BulkCancellation)
class BulkCancellationAdmin(ForCancellers):
    list_display = ("begun", "owner", "size", "shown_state", "ended_at")
    list_select_related = ("owner",)
    list_filter = ("state",)

    @admin.display(description="Begun")
    def begun(self, bulk: BulkCancellation) -> Any:
        return bulk.created_at

    @display(description="State", label=LOOKS)
    def shown_state(self, bulk: BulkCancellation) -> str:
        return bulk.get_state_display()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page: what it does, it does on POST, and only for who began it."""
        bulk = self.get_object(request, object_id)
        if not self.has_view_permission(request):
            raise PermissionDenied
        if bulk is None:
            raise Http404
        form = FrozenForm(
            request.POST if "look" in request.POST else None, request=request, bulk=bulk
        )
        if request.method == "POST":
            try:
                self._steer(request, bulk, form)
            except Refusal as refusal:
                messages.warning(request, refusal.message)
            if not form.errors:
                return HttpResponseRedirect(page_address(bulk))
        response = self.show(
            request,
            "admin/bulk_cancellation.html",
            f"Cancel {bulk}",
            original=bulk,
            **self._state_of(request, bulk, form),
        )
        if bulk.is_at_work:
            # Nothing is typed while a worker is at it.
            response["Refresh"] = REFRESHED_AFTER
        return response

    def _steer(self, request: HttpRequest, bulk: BulkCancellation, form: FrozenForm) -> None:
        if "stop" in request.POST:
            stop_bulk_cancellation(bulk)
            return
        if bulk.owner_id != member(request).pk:
            raise PermissionDenied
        looks = request.POST.get("looks", "")
        if "confirm" in request.POST:
            confirm_bulk_cancellation(bulk, looks=int(looks) if looks.isdecimal() else -1)
        elif form.is_valid():
            looks = form.cleaned_data["looks"]
            look_at_bulk_cancellation(bulk, how=form.how(), looks=looks)

    def _state_of(
        self, request: HttpRequest, bulk: BulkCancellation, form: FrozenForm
    ) -> dict[str, Any]:
        counts = dict(bulk.rows.order_by().values_list("state").annotate(Count("id")))
        is_own = bulk.owner_id == member(request).pk
        asks_how = bulk.state == State.FROZEN or (bulk.state == State.SHOWN and form.is_bound)
        changes = bulk.state == State.SHOWN and "change" in request.GET
        able = counts.get(RowState.ABLE, 0)
        return {
            "state": bulk.get_state_display(),
            "state_look": LOOKS[bulk.get_state_display()],
            "is_at_work": bulk.is_at_work,
            "progress": progress_of(bulk, counts),
            "counts": [
                (label, f"{counts[value]:,}", rows_of(bulk, value))
                for value, label in RowState.choices
                if counts.get(value)
            ],
            "lines": [begun_by(bulk)],
            "warnings": [] if is_own or bulk.ended_at else [NOT_YOURS],
            "form": form if is_own and (asks_how or changes) else None,
            "effects": effects_of(bulk) if bulk.how else [],
            "confirm": f"Cancel {able:,} order{'' if able == 1 else 's'}"
            if is_own and able and bulk.state == State.SHOWN
            else "",
            "may_change": is_own and bulk.state == State.SHOWN,
            "may_stop": bulk.ended_at is None,
            "bulk": bulk,
            "panels": [panel_of(bulk, value) for value in RowState.values if counts.get(value)],
            "back": list_of(BulkCancellation),
        }


def begun_by(bulk: BulkCancellation) -> SafeString | str:
    """Who began it, when, and from which list."""
    when = f"{bulk.created_at:%F %H:%M} UTC"
    if not bulk.query:
        return f"Begun by {bulk.owner} at {when}, from orders that were selected."
    return format_html(
        'Begun by {} at {}, from <a href="{}?{}" class="text-link">a filter of the list</a>. The'
        " orders are those that matched then.",
        bulk.owner,
        when,
        list_of(Order),
        bulk.query,
    )


def progress_of(bulk: BulkCancellation, counts: dict[str, int]) -> int | None:
    """In percent, while a worker is at it."""
    if not bulk.is_at_work or not bulk.size:
        return None
    if bulk.state == State.LOOKING:
        return 100 * (bulk.size - counts.get(RowState.WAITING, 0)) // bulk.size
    done = counts.get(RowState.CANCELLED, 0) + counts.get(RowState.REFUSED, 0)
    return 100 * done // max(1, done + counts.get(RowState.ABLE, 0))


def effects_of(bulk: BulkCancellation) -> list[str]:
    """What was chosen, and what goes back for those that can be or were cancelled."""
    how = CancellingMany.from_json(bulk.how)
    if bulk.state == State.LOOKING:
        return said_of(how)
    is_over = bulk.ended_at is not None
    states = [RowState.CANCELLED] if is_over else [RowState.ABLE, RowState.CANCELLED]
    rows = bulk.rows.filter(state__in=states).order_by()
    sums: dict[str, Decimal] = dict(
        rows.values_list("order__currency")
        .annotate(back=Sum("back"))
        .values_list("order__currency", "back")
    )
    told = f"Players and buyers are {'told by mail' if how.notify else 'not told'}."
    return [said_in_all(sums, is_over=is_over), *said_of(how), told]


def rows_of(bulk: BulkCancellation, state: str) -> str:
    """The address of the list of all rows in this state."""
    return list_of(BulkCancellationRow, bulk_id=bulk.pk, state__exact=state)


def panel_of(bulk: BulkCancellation, state: str) -> Panel:
    rows = bulk.rows.filter(state=state).select_related("order").order_by("pk")
    return Panel(
        title=RowState(state).label,
        headers=("Order", "Status now", "What it says"),
        rows=[
            (
                page_of(row.order, name_of(row.order)),
                row.order.get_display_status_display(),
                said_by(row),
            )
            for row in rows[:ROWS]
        ],
        all_url=rows_of(bulk, state),
    )


def said_by(row: BulkCancellationRow) -> SafeString:
    lines = [(line,) for line in row.said.splitlines()]
    return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", lines))


class OfBulkCancellation(NarrowedBy):
    title = "bulk cancellation"
    parameter_name = "bulk_id"


@admin.register(BulkCancellationRow)
class BulkCancellationRowAdmin(ForCancellers):
    """All rows: reached from the page of their bulk cancellation."""

    list_display = ("order_link", "shown_state", "said_in_list")
    list_display_links = None
    list_select_related = ("order",)
    list_filter = (OfBulkCancellation, "state")
    ordering = ("-pk",)
    fields = ("bulk", "order", "state", "said")

    @admin.display(description="Order")
    def order_link(self, row: BulkCancellationRow) -> SafeString:
        return page_of(row.order, name_of(row.order))

    @display(description="Result", label=ROW_LOOKS)
    def shown_state(self, row: BulkCancellationRow) -> str:
        return row.get_state_display()

    @admin.display(description="What it says")
    def said_in_list(self, row: BulkCancellationRow) -> SafeString:
        return said_by(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkCancellationRow]:
        return super().get_queryset(request).select_related("order")
