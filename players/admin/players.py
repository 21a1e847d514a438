"""Players with their accounts and coins, and the establishments they belong to."""

from typing import ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.forms import ModelForm
from django.http import HttpRequest

from config.admin import (
    PER_PAGE,
    ModelAdmin,
    NarrowedBy,
    Panel,
    ReadOnlyModelAdmin,
    as_id,
    as_uuid,
    list_of,
    page_of,
)
from players.models import CoinEntry, Establishment, Player, PortalUser

PANEL_ROWS = 10
PORTAL_IDS = range(-2, 34)


class OfPlayer(NarrowedBy):
    title = "player"
    parameter_name = "player_id"


def of_player(term: str) -> Q:
    """Rows of the player whose id or uuid the term is; of none if it is neither."""
    uuid = as_uuid(term)
    if uuid is None:
        return Q(player_id__in=[as_id(term)])
    return Q(player_id__in=list(Player.objects.filter(uuid=uuid).values_list("pk", flat=True)))


@admin.register(Establishment)
class EstablishmentAdmin(ModelAdmin):
    list_display = ("name", "id", "email", "created_at")
    ordering: ClassVar[tuple[str, ...]] = ("name", "pk")
    readonly_fields = ("id", "created_at")
    search_fields = ("name",)
    search_help_text = "Name or id"

    def found_by(self, term: str) -> Q:
        return Q(name__icontains=term) | Q(pk__in=[as_uuid(term)])

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: Django would first list every player that hangs on it."""
        return False


@admin.register(Player)
class PlayerAdmin(ModelAdmin):
    """One page for all that is known of a player; inventory/admin adds what the player owns."""

    list_display = ("id", "__str__", "email", "customer_code", "establishment", "coins")
    list_display_links = ("id", "__str__")
    list_select_related = ("establishment",)
    search_fields = ("id",)
    search_help_text = "Id, UUID, code, e-mail, account or name"
    fields = (
        ("id", "uuid"),
        ("customer_code", "establishment"),
        ("first_name", "last_name"),
        "email",
        ("coins", "created_at"),
    )
    readonly_fields = ("id", "uuid", "customer_code", "establishment", "coins", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Player]:
        return (
            super().get_queryset(request).alias(first=Lower("first_name"), last=Lower("last_name"))
        )

    def found_by(self, term: str) -> Q:
        # The accounts are asked first: a subquery inside OR would be a scan of all players.
        accounts = PortalUser.objects.filter(portal_id__in=PORTAL_IDS, portal_user_id=term)
        found = Q(pk__in=list(accounts.values_list("player_id", flat=True)[:PER_PAGE]))
        if (uuid := as_uuid(term)) is not None:
            return found | Q(uuid=uuid)
        if (pk := as_id(term)) is not None:
            return found | Q(pk=pk)
        if "@" in term:
            return found | Q(email__in=[term, term.lower()])
        name = term.lower()
        first, _, last = name.partition(" ")
        found |= Q(customer_code=name) | Q(first__startswith=name) | Q(last__startswith=name)
        return found | Q(first=first, last__startswith=last.strip()) if last else found

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Players come by `manage.py create_player`, with the opening entry of their coins."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Player, form: ModelForm, change: object
    ) -> None:
        """Write what was changed, nothing else: the coins may have moved since they were read."""
        obj.save(update_fields=form.changed_data)

    def panels(self, request: HttpRequest, obj: Player) -> list[Panel]:
        panels = super().panels(request, obj)
        if request.user.has_perm("players.view_portaluser"):
            panels.append(accounts_of(obj))
        if request.user.has_perm("players.view_coinentry"):
            panels.append(coins_of(obj))
        return panels


def accounts_of(player: Player) -> Panel:
    """The player's accounts on platforms."""
    accounts = player.portal_users.order_by("-pk")[:PANEL_ROWS]
    return Panel(
        title="Accounts",
        headers=("Portal", "Portal user id", "Since"),
        rows=[
            (account.portal_id, page_of(account, account.portal_user_id), account.created_at)
            for account in accounts
        ],
        empty="No account on any platform.",
        all_url=list_of(PortalUser, player_id=player.pk),
    )


def coins_of(player: Player) -> Panel:
    """The latest entries of the player's coins."""
    entries = player.coin_entries.order_by("-pk")[:PANEL_ROWS]
    return Panel(
        title=f"Coins: {player.coins}",
        headers=("Time", "Change", "Balance", "Reason"),
        rows=[
            (
                page_of(entry, entry.created_at),
                f"{entry.amount:+}",
                entry.balance,
                entry.get_reason_display(),
            )
            for entry in entries
        ],
        empty="Never had any.",
        all_url=list_of(CoinEntry, player_id=player.pk),
    )


@admin.register(PortalUser)
class PortalUserAdmin(ModelAdmin):
    list_display = ("portal_user_id", "portal_id", "player", "created_at")
    list_select_related = ("player",)
    list_filter = (OfPlayer,)
    raw_id_fields = ("player",)
    readonly_fields = ("created_at",)
    search_fields = ("portal_user_id",)
    search_help_text = "Portal user id or player id"

    def found_by(self, term: str) -> Q:
        return Q(portal_id__in=PORTAL_IDS, portal_user_id=term) | of_player(term)


@admin.register(CoinEntry)
class CoinEntryAdmin(ReadOnlyModelAdmin):
    list_display = ("id", "created_at", "player", "change", "balance", "reason")
    list_select_related = ("player",)
    list_filter = (OfPlayer,)
    search_fields = ("player_id",)
    search_help_text = "Player id or UUID"
    fields = (("player", "created_at"), ("change", "balance"), "reason")

    @admin.display(description="Change")
    def change(self, entry: CoinEntry) -> str:
        return f"{entry.amount:+}"

    def found_by(self, term: str) -> Q:
        return of_player(term)
