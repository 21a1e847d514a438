"""The ledger of coins."""

from typing import Any

from django.contrib import admin
from django.db.models import Q

from config.admin import ReadOnlyModelAdmin, as_uuid, page_of
from config.filters import OfEstablishment, OfPlayer
from players.admin.people import ShowsWhoAdmin
from players.admin.players import of_player
from players.models import CoinEntry


@admin.register(CoinEntry)
class CoinEntryAdmin(ShowsWhoAdmin, ReadOnlyModelAdmin):
    list_display = [
        "id",
        "created_at",
        "account",
        "change",
        "balance_after",
        "reason",
        "who",
        "note",
    ]
    list_select_related = ("player", "establishment")
    list_filter = (OfPlayer, OfEstablishment, "reason")
    search_fields = ("player_id",)
    search_help_text = "Id or UUID of a player or an establishment"
    fields = [
        ("account", "created_at"),
        ("change", "balance_after"),
        ("reason", "who"),
        "note",
    ]

    @admin.display(description="Account")
    def account(self, entry: CoinEntry) -> Any:
        account = entry.player or entry.establishment
        return page_of(account) if account else ""

    @admin.display(description="Change")
    def change(self, entry: CoinEntry) -> str:
        return f"{entry.amount:+,}"

    @admin.display(description="Balance")
    def balance_after(self, entry: CoinEntry) -> str:
        return f"{entry.balance:,}"

    def found_by(self, term: str) -> Q:
        return of_player(term) | Q(establishment_id__in=[as_uuid(term)])
