"""A vendor's page with the odds of what it draws."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from catalog.admin.vendors import VendorAdmin
from catalog.models import Item, Loot, Vendor
from catalog.services.take_snapshot import current_catalogue
from config.admin import page_of
from config.errors import Refusal
from inventory.explanations import RESULTS
from inventory.fulfilment.odds import Odds
from inventory.fulfilment.vocabulary import Result
from inventory.services.compute_odds import compute_odds
from players.models import Player
from players.services.find_player import find_player

LARGEST_QUANTITY = 100
MOST_QUANTITIES = 10
# About a second, and a tenth of it for who only opens the page.
MOST_DRAWS = 20_000
MOST_UNASKED = 2_000

admin.site.unregister(Vendor)


class OddsForm(forms.Form):
    """For whom, and for how many; sent by GET, so that the page of the odds has an address."""

    player = forms.CharField(
        required=False,
        label="For the player",
        widget=UnfoldAdminTextInputWidget({"placeholder": "Id or UUID; empty: who has nothing"}),
    )
    quantity = forms.IntegerField(
        min_value=1,
        max_value=LARGEST_QUANTITY,
        required=False,
        label="Quantity",
        widget=UnfoldAdminIntegerFieldWidget({"placeholder": "1"}),
    )

    def clean_player(self) -> Player | None:
        term = self.cleaned_data["player"].strip()
        try:
            return find_player(term) if term else None
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal


@dataclass(frozen=True, slots=True)
class Chance:
    """One row of the table; `share` is the width of its bar, in per cent."""

    what: SafeString | str
    percent: str
    share: float
    expected: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class ShownOdds:
    """The odds in words and rows."""

    whose: str
    how: str
    drops: list[Chance]
    items: list[Chance]
    nothing: str
    failures: list[str]


@admin.register(Vendor)
class VendorWithOddsAdmin(VendorAdmin):
    change_form_template = "admin/vendor.html"

    def on_page(self, request: HttpRequest, obj: Vendor) -> dict[str, Any]:
        return {**super().on_page(request, obj), **odds_on_page(request, obj)}


def odds_on_page(request: HttpRequest, vendor: Vendor) -> dict[str, Any]:
    """The form, and the odds: at once where there is one draw, else when they are asked for."""
    stored = current_catalogue().vendors.get(vendor.pk)
    if stored is None:
        return {}
    asked = "odds" in request.GET
    may_see_players = request.user.has_perms(
        ["players.view_player", "inventory.view_inventoryrecord"]
    )
    form = OddsForm(request.GET if asked or "player" in request.GET else {})
    if not may_see_players:
        del form.fields["player"]
    is_simple = stored.type == Vendor.Type.RANDOMLY_SAMPLED and not any(
        loot.sub_vendor_id for loot in stored.loot
    )
    shown = None
    if form.is_valid() and (is_simple or asked or form.cleaned_data.get("player")):
        player, quantity = form.cleaned_data.get("player"), form.cleaned_data["quantity"] or 1
        try:
            most = (MOST_DRAWS if asked else MOST_UNASKED) // quantity
            odds = compute_odds(vendor.pk, player=player, quantity=quantity, max_paths=most)
            shown = shown_odds(odds, player)
        except Refusal as refusal:
            form.add_error(None, refusal.message)
    is_offered = (
        asked
        or stored.type == Vendor.Type.RANDOMLY_SAMPLED
        or any(loot.sub_vendor_id for loot in stored.loot)
    )
    return {"odds": shown, "odds_form": form} if is_offered else {}


def shown_odds(odds: Odds, player: Player | None) -> ShownOdds:
    """Rows with the likeliest first; four queries at most."""
    loot = Loot.objects.select_related("item", "sub_vendor").in_bulk(
        [each.loot_id for each in odds.drops]
    )
    items = Item.objects.in_bulk([each.item_id for each in odds.items])
    drops = [
        Chance(
            what=page_of(loot[each.loot_id]) if each.loot_id in loot else f"loot {each.loot_id}",
            percent=percent(each.probability, each.error),
            share=float(each.probability) * 100,
            expected=f"{float(each.expected):,.4g}",
            more=str(given_by(loot.get(each.loot_id))),
        )
        for each in sorted(odds.drops, key=lambda each: -each.probability)
    ]
    changed = [
        Chance(
            what=page_of(items[each.item_id]) if each.item_id in items else f"item {each.item_id}",
            percent=percent(each.probability, each.error),
            share=float(each.probability) * 100,
            expected=f"{float(each.expected):+,.4g}",
            more=", ".join(
                f"{quantity:+,}: {percent(chance, 0)}"
                for quantity, chance in list(each.quantities.items())[:MOST_QUANTITIES]
            ),
        )
        for each in sorted(odds.items, key=lambda each: -each.probability)
    ]
    how = (
        f"Exact, over {odds.paths:,} ways to draw."
        if odds.exact
        else (f"Sampled {odds.paths:,} times; the true figure is within ± with 95 % confidence.")
    )
    if odds.cut:
        how += " Not all orders that follow could be followed."
    return ShownOdds(
        whose=f"for {player}" if player else "for a player who has nothing",
        how=how,
        drops=drops,
        items=changed,
        nothing=percent(odds.nothing, 0),
        failures=[
            f"{percent(chance, 0)}: {RESULTS[result]} ({result})"
            for result, chance in odds.results.items()
            if result is not Result.SUCCESS
        ],
    )


def given_by(loot: Loot | None) -> Item | Vendor | str:
    return (loot.sub_vendor or loot.item or "") if loot else ""


def percent(share: Any, error: float) -> str:
    """Such as `0.25 %` or, where sampled, `12.3 % ± 0.5`."""
    text = f"{float(share) * 100:.4g} %"
    return f"{text} ± {error * 100:.2g}" if error else text
