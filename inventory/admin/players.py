"""The player's page with what the player owns and ordered, and the way to grant and correct it."""

from typing import Any

import structlog
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.forms import HiddenInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse

from catalog.models import Item
from config.admin import Button, Panel, as_id, as_uuid
from config.errors import Refusal
from inventory.admin.forms import GrantForm
from inventory.admin.player_panels import entitlements_of, inventory_of, orders_of, sessions_of
from inventory.admin.simulation import SimulationAdmin
from inventory.explanations import RESULTS
from inventory.fulfilment.vocabulary import Result
from inventory.models import InventoryRecord, PlayerOrder
from inventory.services.correct_inventory import correct_inventory
from inventory.services.grant_inventory import grant_inventory
from players.admin.players import PlayerAdmin
from players.admin.staff import member
from players.models import Player

ITEM_CHOICES = 20

admin.site.unregister(Player)


@admin.register(Player)
class PlayerWithInventoryAdmin(SimulationAdmin, PlayerAdmin):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/inventory/", view(self.grant), name="grant_inventory"),
            path("grantable-items/", view(self.grantable_items), name="grantable_items"),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: Player) -> list[Button]:
        buttons = super().buttons(request, obj)
        if may_grant(request):
            url = reverse("admin:grant_inventory", args=[obj.pk])
            buttons.append(Button("Grant or correct inventory", url))
        return [*buttons, *self.simulation_button(request, obj)]

    def panels(self, request: HttpRequest, obj: Player) -> list[Panel]:
        panels = super().panels(request, obj)
        if request.user.has_perm("inventory.view_inventoryrecord"):
            panels.append(inventory_of(obj, may_correct=may_grant(request)))
        if request.user.has_perm("inventory.view_playerorder"):
            panels.append(orders_of(obj))
        if request.user.has_perm("inventory.view_inventorysession"):
            panels.append(sessions_of(obj))
        if request.user.has_perm("inventory.view_platformentitlement"):
            panels.append(entitlements_of(obj))
        return panels

    def grant(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what to do, show what it would do, then place the order that does it."""
        if not may_grant(request):
            raise PermissionDenied
        player = get_object_or_404(Player, pk=pk)
        back = reverse("admin:players_player_change", args=[pk])
        if request.method != "POST":
            return self._ask(request, GrantForm(None, **self._chosen(request, player)), back)
        form = GrantForm(request.POST, **self._chosen(request, player))
        valid = form.is_valid()
        # Asked after the form: a first click may have taken what the second one asks for.
        order_id = form.cleaned_data.get("order_id")
        order = PlayerOrder.objects.filter(order_id=str(order_id), player=player).first()
        if order is None and valid and not form.is_confirmed():
            return self._confirm(request, form)
        if order is None and valid:
            try:
                order = self._place(request, form)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
        if order is None:
            return self._ask(request, form, back)
        tell(request, order)
        url = reverse("admin:inventory_playerorder_change", args=[order.pk])
        seen = request.user.has_perm("inventory.view_playerorder")
        return HttpResponseRedirect(url if seen else back)

    def _chosen(self, request: HttpRequest, player: Player) -> dict[str, Any]:
        if "record" not in request.GET:
            return {"player": player}
        records = InventoryRecord.objects.select_related("item")
        pk = as_uuid(request.GET["record"])
        return {"player": player, "record": get_object_or_404(records, pk=pk, player=player)}

    def _ask(self, request: HttpRequest, form: GrantForm, back: str) -> HttpResponse:
        lines = []
        if form.record and "item" not in form.fields:
            lines = [f"{form.record} in bucket {form.record.bucket}"]
        return self.ask(
            request,
            title=f"Inventory of {form.player}",
            original=form.player,
            button="Show what it does",
            back=back,
            form=form,
            lines=lines,
        )

    def _confirm(self, request: HttpRequest, form: GrantForm) -> HttpResponse:
        """The same form, out of sight, with the count that staff see now."""
        lines = form.effect()
        data = request.POST.copy()
        data["seen"] = str(form.record.count) if form.record else ""
        data["seen_record"] = str(form.record.pk) if form.record else ""
        form.data = data
        for field in form.fields.values():
            field.widget = HiddenInput()
        return self.ask(
            request,
            title=f"Inventory of {form.player}: is that right?",
            original=form.player,
            button="Do it",
            button_name="confirm",
            back=request.get_full_path(),
            form=form,
            lines=lines,
        )

    def _place(self, request: HttpRequest, form: GrantForm) -> PlayerOrder:
        given = form.cleaned_data
        common: dict[str, Any] = {
            "by": member(request),
            "reason": given["reason"],
            "order_id": given["order_id"],
            "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        }
        line = form.effect()[0]
        if form.record is None:
            order = grant_inventory(
                player=form.player, item=given["item"], quantity=given["quantity"], **common
            )
        else:
            order = correct_inventory(
                record=form.record, count=given["count"], seen=given["seen"], **common
            )
        # For the player's history only. What was done, by whom and why is what the order says.
        if order.request_id == common["request_id"] and order.outcome != PlayerOrder.Outcome.FAILED:
            self.log_change(request, form.player, f"{line}, by order {order.order_id}")
        return order

    def grantable_items(self, request: HttpRequest) -> JsonResponse:
        """Items for the form's box, by id or part of the name, in the shape that it reads."""
        if not may_grant(request):
            raise PermissionDenied
        term = request.GET.get("term", "").strip()
        named = Q(name__icontains=term) | Q(pk__in=[as_id(term)])
        items = Item.objects.filter(named, type=Item.Type.UNIT, always_owned=False)
        found = items.order_by("name", "pk")[:ITEM_CHOICES]
        return JsonResponse({"results": [{"id": item.pk, "text": str(item)} for item in found]})


def may_grant(request: HttpRequest) -> bool:
    """Whether this member of staff may grant and correct inventory."""
    return request.user.has_perms(["inventory.grant_inventory", "players.view_player"])


def tell(request: HttpRequest, order: PlayerOrder) -> None:
    """Say what became of the order."""
    result = order.entries.order_by("position")[0].result
    if result is None:
        messages.info(request, "The order is accepted and waits for the player's older orders.")
    elif result == Result.SUCCESS:
        messages.success(request, "Done, as this order shows.")
    else:
        messages.error(request, f"Nothing was changed. {RESULTS[Result(result)]} ({result})")
