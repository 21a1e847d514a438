"""The page that tells what an order would do to a player, without doing it."""

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from catalog.models import Item, Loot
from catalog.services.take_snapshot import current_catalogue
from config.admin import Button, FormsAdmin, as_id
from inventory.admin.entries import ShownEntry, in_words
from inventory.admin.simulation_forms import EntryForm, EntryFormSet, OrderForm, order_draft
from inventory.explanations import Line, explain_traces
from inventory.fulfilment.orders import Change
from inventory.fulfilment.trace import Step, Told
from inventory.models import InventoryChange
from inventory.services.accept_player_orders import OrderDraft
from inventory.services.record_outcomes import notes_of, shown
from inventory.services.simulate_player_order import Simulation, simulate_player_order
from players.models import Player

CHOICES = 20
CHOSEN: dict[str, type[Item | Loot]] = {"loot": Loot, "item": Item}
EVERYTHING = frozenset({"loot", "inventory"})


@dataclass(frozen=True, slots=True)
class SimulatedEntry:
    """What an entry would do, and the steps to it."""

    shown: ShownEntry
    lines: list[Line]


class SimulationAdmin(FormsAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/simulation/", view(self.simulate), name="simulate_player_order"),
            path("simulation/<str:kind>/", view(self.choices), name="simulation_choices"),
            *super().get_urls(),
        ]

    def simulation_button(self, request: HttpRequest, player: Player) -> list[Button]:
        if not may_simulate(request):
            return []
        url = reverse("admin:simulate_player_order", args=[player.pk])
        return [Button("What would happen?", url)]

    def simulate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for an order and tell what it would do. Nothing is written, on POST neither."""
        if not may_simulate(request):
            raise PermissionDenied
        player = get_object_or_404(Player, pk=pk)
        simulated: list[SimulatedEntry] = []
        if request.method != "POST":
            form, entries = OrderForm(), EntryFormSet()
        elif "more" in request.POST or "fewer" in request.POST:
            form = OrderForm(initial=request.POST.dict())
            entries = with_other_number(request.POST, by=1 if "more" in request.POST else -1)
        else:
            form, entries = OrderForm(request.POST), EntryFormSet(request.POST)
            if form.is_valid() and entries.is_valid():
                catalogue = current_catalogue()
                draft = order_draft(form, [entry.draft(catalogue) for entry in entries])
                listed = [not entry.cleaned_data["price"] for entry in entries]
                simulated = simulated_entries(simulate_at_prices(player, draft, listed))
        return self.show(
            request,
            "admin/simulation.html",
            f"What would happen to {player}?",
            original=player,
            form=form,
            entries=entries,
            simulated=simulated,
            back=reverse("admin:players_player_change", args=[pk]),
        )

    def choices(self, request: HttpRequest, kind: str) -> JsonResponse:
        """Loot or items for the form's boxes, by id or part of the name."""
        if not may_simulate(request):
            raise PermissionDenied
        if kind not in CHOSEN:
            raise Http404
        term = request.GET.get("term", "").strip()
        rows = CHOSEN[kind].objects.filter(Q(name__icontains=term) | Q(pk__in=[as_id(term)]))
        found = rows.order_by("name", "pk")[:CHOICES]
        return JsonResponse({"results": [{"id": row.pk, "text": str(row)} for row in found]})


def may_simulate(request: HttpRequest) -> bool:
    """Who may see what a player has and orders may see what an order would do."""
    return request.user.has_perms(
        [
            "players.view_player",
            "inventory.view_inventoryrecord",
            "inventory.view_playerorder",
        ]
    )


def with_other_number(sent: QueryDict, *, by: int) -> Any:
    """The entries as they were typed, with one more or one fewer."""
    names = EntryForm.base_fields
    number = as_id(sent.get("form-TOTAL_FORMS", "")) or 1
    typed = [
        {name: sent.get(f"form-{at}-{name}", "") for name in names}
        for at in range(min(number, EntryFormSet.max_num))
    ]
    typed = [*typed, {"quantity": "1"}][: EntryFormSet.max_num] if by > 0 else typed[:-1]
    return EntryFormSet(initial=typed or [{"quantity": "1"}])


def simulate_at_prices(player: Player, draft: OrderDraft, listed: list[bool]) -> Simulation:
    """Simulate; where the listed price is meant and a coupon lowers it, at the lowered price."""
    simulation = simulate_player_order(player=player, draft=draft, permissions=EVERYTHING)
    entries = []
    traces = [*simulation.trace.entries, *[[] for _ in draft.entries]]
    for entry, is_listed, steps in zip(draft.entries, listed, traces, strict=False):
        lowered = lowered_price(steps) if is_listed else []
        price = {**entry.fields.get("purchase_price", {}), "currencies": lowered}
        fields = {**entry.fields, "purchase_price": price} if lowered else entry.fields
        entries.append(replace(entry, fields=fields))
    if tuple(entries) == draft.entries:
        return simulation
    return simulate_player_order(
        player=player, draft=replace(draft, entries=tuple(entries)), permissions=EVERYTHING
    )


def lowered_price(steps: list[Step]) -> list[dict[str, int]]:
    for step in steps:
        if step.told is Told.COUPON:
            return [{"price_item_id": item, "price": price} for item, price in step.values[1]]
    return []


def simulated_entries(simulation: Simulation) -> list[SimulatedEntry]:
    """The outcomes as an order's page shows them, and the steps to them."""
    entries = []
    for row, outcome in zip(simulation.rows, simulation.entries, strict=True):
        row.result, row.notes = outcome.result, notes_of(outcome)
        changes = [ledger_row(effect) for effect in outcome.effects if isinstance(effect, Change)]
        entries.append((row, changes))
    rows = [row for row, _ in entries]
    traces = [*simulation.trace.entries, *[[] for _ in rows]]
    explained = explain_traces(list(zip(rows, traces, strict=False)))
    return [
        SimulatedEntry(shown_entry, lines)
        for shown_entry, lines in zip(in_words(entries), explained, strict=True)
    ]


def ledger_row(change: Change) -> InventoryChange:
    """The row that the ledger would have of it; never saved."""
    return InventoryChange(
        record_id=change.after.inventory_id,
        loot_id=change.loot_id,
        delta=change.after.count - (change.before.count if change.before else 0),
        before=shown(change.before) if change.before else None,
        after=shown(change.after),
    )
