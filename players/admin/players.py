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
    Panel,
    as_id,
    as_uuid,
    list_of,
    page_of,
)
from config.filters import OfPlayer
from players.admin.coins import CoinsAdmin
from players.admin.personal_data import masked_email, masked_name, may_see_personal_data
from players.models import Establishment, Player, PortalUser

PANEL_ROWS = 10
PORTAL_IDS = range(-2, 34)


def of_player(term: str) -> Q:
    """Rows of the player whose id or uuid the term is; of none if it is neither."""
    uuid = as_uuid(term)
    if uuid is None:
        return Q(player_id__in=[as_id(term)])
    return Q(player_id__in=list(Player.objects.filter(uuid=uuid).values_list("pk", flat=True)))


class AccountAdmin(CoinsAdmin):
    @admin.display(description="Coins")
    def balance(self, account: Player | Establishment) -> str:
        return f"{account.coins:,}"


@admin.register(Establishment)
class EstablishmentAdmin(AccountAdmin, ModelAdmin):
    list_display = ("name", "id", "email", "balance", "created_at")
    ordering: ClassVar[tuple[str, ...]] = ("name", "pk")
    fields = ("name", "email", "image_url", "thumbnail_url", "balance", ("id", "created_at"))
    readonly_fields = ("id", "balance", "created_at")
    search_fields = ("name",)
    search_help_text = "Name or id"

    def found_by(self, term: str) -> Q:
        return Q(name__icontains=term) | Q(pk__in=[as_uuid(term)])

    def get_fields(
        self, request: HttpRequest, obj: Establishment | None = None
    ) -> tuple[str | tuple[str, ...], ...]:
        return self.fields if obj else self.fields[:4]

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never: Django would first list every player that hangs on it."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Establishment, form: ModelForm, change: object
    ) -> None:
        save_what_changed(obj, form, change=change)


@admin.register(Player)
class PlayerAdmin(AccountAdmin, ModelAdmin):
    """One page for all that is known of a player; inventory/admin adds what the player owns.

    Names and mail are there for those who may see personal data; the others see what is left of
    them when they are masked, find nobody by them, and cannot change them.
    """

    list_display = ("id", "name", "email", "customer_code", "establishment", "balance")
    list_display_links = ("id", "name", "masked_name")
    list_select_related = ("establishment",)
    search_fields = ("id",)
    search_help_text = "Id, UUID, code or account; e-mail or name, if you may see them"
    readonly_fields = (
        "id",
        "uuid",
        "customer_code",
        "establishment",
        "masked_name",
        "masked_email",
        "balance",
        "created_at",
    )

    @admin.display(description="Name")
    def masked_name(self, player: Player) -> str:
        return masked_name(player.name)

    @admin.display(description="E-mail")
    def masked_email(self, player: Player) -> str:
        return masked_email(player.email)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        if may_see_personal_data(request):
            return self.list_display
        hidden = {"name": "masked_name", "email": "masked_email"}
        return tuple(hidden.get(column, column) for column in self.list_display)

    def get_fields(
        self, request: HttpRequest, obj: Player | None = None
    ) -> tuple[str | tuple[str, ...], ...]:
        person: tuple[str | tuple[str, ...], ...] = (("masked_name", "masked_email"),)
        if may_see_personal_data(request):
            person = (("first_name", "last_name"), "email")
        return (
            ("id", "uuid"),
            ("customer_code", "establishment"),
            *person,
            ("balance", "created_at"),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Player]:
        return (
            super().get_queryset(request).alias(first=Lower("first_name"), last=Lower("last_name"))
        )

    def found_for(self, request: HttpRequest, term: str) -> Q:
        found = self.found_by(term)
        return found | known_as(term) if may_see_personal_data(request) else found

    def found_by(self, term: str) -> Q:
        # The accounts are asked first: a subquery inside OR would be a scan of all players.
        accounts = PortalUser.objects.filter(portal_id__in=PORTAL_IDS, portal_user_id=term)
        found = Q(pk__in=list(accounts.values_list("player_id", flat=True)[:PER_PAGE]))
        if (uuid := as_uuid(term)) is not None:
            return found | Q(uuid=uuid)
        if (pk := as_id(term)) is not None:
            return found | Q(pk=pk)
        return found | Q(customer_code=term.lower())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Players come by `manage.py create_player`, with the opening entry of their coins."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """All that can be changed is personal data."""
        return super().has_change_permission(request, obj) and may_see_personal_data(request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Player, form: ModelForm, change: object
    ) -> None:
        save_what_changed(obj, form, change=change)

    def panels(self, request: HttpRequest, obj: Player) -> list[Panel]:
        panels = super().panels(request, obj)
        if request.user.has_perm("players.view_portaluser"):
            panels.insert(0, accounts_of(obj))
        return panels


def save_what_changed(account: Player | Establishment, form: ModelForm, *, change: object) -> None:
    """And nothing else: the coins may have moved since they were read."""
    account.save(update_fields=form.changed_data if change else None)


def known_as(term: str) -> Q:
    """Players with this e-mail, or whose name begins so."""
    if as_uuid(term) is not None or as_id(term) is not None:
        return Q(pk__in=[])
    if "@" in term:
        return Q(email__in=[term, term.lower()])
    name = term.lower()
    first, _, last = name.partition(" ")
    found = Q(first__startswith=name) | Q(last__startswith=name)
    return found | Q(first=first, last__startswith=last.strip()) if last else found


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
