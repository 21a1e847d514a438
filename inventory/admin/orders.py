"""Player orders, readable by a person: who placed them and why, and how they hang together."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from config.admin import Button, ReadOnlyModelAdmin, as_id, as_uuid, page_of
from config.filters import OfPlayer
from inventory.admin.entries import entries_of
from inventory.admin.undoing import UndoAdmin
from inventory.explanations import explain_replay
from inventory.models import PlayerOrder
from inventory.services.replay_player_order import replay_player_order
from players.admin.players import of_player
from players.models import ApiKey, Player, User

LONG_WAIT = timedelta(minutes=1)
PLACERS: Mapping[str, type[User | ApiKey | Player]] = {
    "staff": User,
    "key": ApiKey,
    "player": Player,
}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "Waiting"), ("long", "Waiting longer than a minute"), ("no", "Done")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PlayerOrder]
    ) -> QuerySet[PlayerOrder]:
        waiting = Q(state=PlayerOrder.State.ACCEPTED)
        match self.value():
            case "yes":
                return queryset.filter(waiting)
            case "long":
                return queryset.filter(waiting, created_time__lt=timezone.now() - LONG_WAIT)
            case "no":
                return queryset.filter(state=PlayerOrder.State.DONE)
        return queryset


@admin.register(PlayerOrder)
class PlayerOrderAdmin(UndoAdmin, ReadOnlyModelAdmin):
    change_form_template = "admin/player_order.html"
    list_display = (
        "order_id",
        "player",
        "source",
        "became",
        "created_time",
        "done_time",
        "placed_by",
        "belongs_to",
    )
    list_select_related = ("player", "undoes", "undone_by", "caused_by__order")
    list_filter = (
        OfPlayer,
        StateFilter,
        "outcome",
        ("created_time", admin.DateFieldListFilter),
        "source",
    )
    search_fields = ("order_id",)
    search_help_text = "Order, client reference or player id"
    fields = (
        ("order_id", "player"),
        ("state", "outcome"),
        ("source", "placer"),
        "reason",
        ("created_time", "done_time"),
        ("together", "client_order_ref_id"),
        ("portal_id", "portal_user_id"),
        ("instance_id", "match_id"),
        ("request_id", "rights"),
        "belongs_to",
    )

    @display(
        description="Outcome",
        label={"waiting": "info", "succeeded": "success", "partly": "warning", "failed": "danger"},
    )
    def became(self, order: PlayerOrder) -> str:
        return order.outcome or "waiting"

    @admin.display(description="Transaction")
    def together(self, order: PlayerOrder) -> str:
        return "yes: all entries or none" if order.is_transaction else "no: each entry by itself"

    @admin.display(description="Placed by")
    def placer(self, order: PlayerOrder) -> str:
        kind, _, pk = order.placed_by.partition(":")
        if kind not in PLACERS:
            return order.placed_by
        row = PLACERS[kind].objects.filter(pk__in=[as_id(pk)]).first()
        return page_of(row, f"{kind} {row}") if row else order.placed_by

    @admin.display(description="Entries allowed")
    def rights(self, order: PlayerOrder) -> str:
        return ", ".join(order.permissions)

    @admin.display(description="Belongs to")
    def belongs_to(self, order: PlayerOrder) -> SafeString:
        """The orders that it undoes, is undone by and was caused by, as links."""
        related = [
            ("undoes", order.undoes),
            ("undone by", getattr(order, "undone_by", None)),
            ("caused by", order.caused_by and order.caused_by.order),
        ]
        return format_html_join(
            ", ", "{} {}", [(how, page_of(other)) for how, other in related if other]
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlayerOrder]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_fields(self, request: HttpRequest, obj: PlayerOrder | None = None) -> Any:
        """Without those in which nothing stands."""

        def stands(name: str) -> object:
            shown = getattr(self, name, None)
            return shown(obj) if shown else getattr(obj, name, "")

        rows = [(row,) if isinstance(row, str) else row for row in self.fields]
        filled = [tuple(name for name in row if stands(name)) for row in rows]
        return [row for row in filled if row]

    def buttons(self, request: HttpRequest, obj: PlayerOrder) -> list[Button]:
        return [
            *super().buttons(request, obj),
            Button("Explain", "?explain#explanation", why_not_explained(obj)),
            *self.undo_button(request, obj),
        ]

    def found_by(self, term: str) -> Q:
        found = Q(order_id=term) | of_player(term)
        reference = as_uuid(term)
        return found if reference is None else found | Q(client_order_ref_id=reference)

    def on_page(self, request: HttpRequest, obj: PlayerOrder) -> dict[str, Any]:
        context = {**super().on_page(request, obj), "entries": entries_of(obj)}
        if "explain" in request.GET:
            replay = replay_player_order(obj)
            context |= {"replay": replay, "explained": explain_replay(replay)}
        return context


def why_not_explained(order: PlayerOrder) -> str:
    """It is computed again only when asked for: it reads the player's ledger."""
    return "" if order.state == PlayerOrder.State.DONE else "It is not done yet."
