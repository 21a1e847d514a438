from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from catalog.admin.catalogue import CatalogueAdmin, CatalogueForm
from catalog.admin.words import doubts_shown
from catalog.models import Bucket, Promotion
from catalog.snapshot import promotion_code


class PromotionForm(CatalogueForm):
    portals = forms.MultipleChoiceField(
        choices=[(bucket, bucket) for bucket in Bucket],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="The platforms it is for; none: all.",
    )

    def clean_code(self) -> str:
        return promotion_code(self.cleaned_data["code"])


@admin.register(Promotion)
class PromotionAdmin(CatalogueAdmin):
    """inventory/admin adds how often it was used."""

    form = PromotionForm
    list_display: tuple[str | Callable[[Any], str | bool], ...] = (
        "code",
        "loot",
        "active",
        "starts_at",
        "ends_at",
    )
    list_select_related = ("loot",)
    list_filter = ("active",)
    search_fields = ("code",)
    search_help_text = "Code, or how it begins"
    ordering = ("code",)
    autocomplete_fields = ("loot",)
    fields = (
        ("code", "loot"),
        "starts_at",
        "ends_at",
        ("max_uses", "per_player_limit"),
        "active",
        "portals",
    )

    def found_by(self, term: str) -> Q:
        return Q(code__startswith=promotion_code(term))

    @admin.display(description="Doubts")
    def doubtful(self, promotion: Any) -> SafeString:
        return doubts_shown(promotion.doubts)
