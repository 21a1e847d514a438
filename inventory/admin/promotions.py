"""Promotions with their uses, and the uses themselves."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest

from catalog.admin.catalogue import CatalogueChangeList
from catalog.admin.promotions import PromotionAdmin
from catalog.models import Promotion
from catalog.snapshot import promotion_code
from config.admin import NarrowedBy, Panel, ReadOnlyModelAdmin, list_of, page_of
from config.filters import OfPlayer
from inventory.models import PromotionUse
from players.admin.players import of_player

PANEL_ROWS = 10

admin.site.unregister(Promotion)


class OfPromotion(NarrowedBy):
    title = "promotion"
    parameter_name = "promotion_id"
    as_key = staticmethod(promotion_code)


class CountedChangeList(CatalogueChangeList):
    """Every promotion knows how often it was used: uses are numbered, so the last one says it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        used = used_of(*[promotion.pk for promotion in self.result_list])
        for promotion in self.result_list:
            promotion.used = used[promotion.pk]


@admin.register(Promotion)
class PromotionWithUsesAdmin(PromotionAdmin):
    list_display = (*PromotionAdmin.list_display, "so_far", "remaining", "doubtful")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CountedChangeList]:
        return CountedChangeList

    @admin.display(description="Uses so far")
    def so_far(self, promotion: Any) -> str:
        return f"{promotion.used:,}"

    @admin.display(description="Remaining")
    def remaining(self, promotion: Any) -> str:
        return remaining_of(promotion, promotion.used)

    def panels(self, request: HttpRequest, obj: Promotion) -> list[Panel]:
        panels = super().panels(request, obj)
        if not request.user.has_perm("inventory.view_promotionuse"):
            return panels
        used = used_of(obj.pk)[obj.pk]
        uses = PromotionUse.objects.filter(promotion=obj).order_by("-number")[:PANEL_ROWS]
        return [
            *panels,
            Panel(
                title=f"Uses: {used:,} so far, remaining: {remaining_of(obj, used)}",
                headers=("Use", "Player", "Time", "Order"),
                rows=[
                    (
                        page_of(use, f"#{use.number:,}"),
                        page_of(use.player),
                        use.created_time,
                        page_of(use.entry.order),
                    )
                    for use in uses.select_related("player", "entry__order")
                ],
                empty="Nobody has used it yet.",
                all_url=list_of(PromotionUse, promotion_id=obj.pk),
            ),
        ]


def used_of(*codes: str) -> dict[str, int]:
    """The number of the last use of each, one look into the index for each."""
    uses = PromotionUse.objects.filter(promotion=OuterRef("pk")).order_by("-number")
    promotions = Promotion.objects.filter(pk__in=codes)
    counted = promotions.annotate(used=Subquery(uses.values("number")[:1]))
    return {code: used or 0 for code, used in counted.values_list("pk", "used")}


def remaining_of(promotion: Promotion, used: int) -> str:
    if promotion.max_uses is None:
        return "any number"
    return f"{max(0, promotion.max_uses - used):,}"


@admin.register(PromotionUse)
class PromotionUseAdmin(ReadOnlyModelAdmin):
    list_display = ("id", "promotion", "number", "player", "player_number", "order", "created_time")
    list_select_related = ("promotion", "player", "entry__order")
    list_filter = (OfPlayer, OfPromotion)
    search_fields = ("promotion",)
    search_help_text = "Code, player id or UUID"
    fields = (
        ("promotion", "player"),
        ("number", "player_number"),
        ("order", "created_time"),
    )

    @admin.display(description="Order")
    def order(self, use: PromotionUse) -> str:
        return page_of(use.entry.order)

    def found_by(self, term: str) -> Q:
        return Q(promotion_id=promotion_code(term)) | of_player(term)
