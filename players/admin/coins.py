"""Coins of a player or an establishment: what explains them, and the way to correct them."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from config.admin import (
    Button,
    FormsAdmin,
    Panel,
    PanelsAdmin,
    hide_fields,
    list_of,
    page_of,
)
from config.errors import Refusal
from players.admin.people import named
from players.admin.personal_data import may_see_personal_data, shown_name
from players.admin.staff import member
from players.models import CoinEntry, Establishment, Player
from players.services.change_coins import change_coins

PANEL_ROWS = 10
LARGEST_CHANGE = Decimal(1_000_000_000)
GIVE, TAKE, SET = "give", "take", "set"
OPERATIONS = [(GIVE, "Add coins"), (TAKE, "Take coins"), (SET, "Set the balance")]
ALONE, TRANSFER = "alone", "transfer"
Account = Player | Establishment


class CoinsForm(forms.Form):
    """Add coins, take some, or set the balance. `seen`: the balance when the effect was shown."""

    operation_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.DecimalField(widget=forms.HiddenInput, required=False)
    operation = forms.ChoiceField(choices=OPERATIONS, widget=UnfoldAdminRadioSelectWidget)
    amount = forms.DecimalField(
        min_value=0,
        max_value=LARGEST_CHANGE,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    source = forms.ChoiceField(label="Against", widget=UnfoldAdminRadioSelectWidget)
    note = forms.CharField(
        max_length=400,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Kept with the entry. Why, and for instance which ticket.",
    )

    def __init__(self, data: QueryDict | None, account: Account) -> None:
        super().__init__(
            data, initial={"operation_id": uuid4(), "operation": GIVE, "source": ALONE}
        )
        self.account = account
        self.giver = account.establishment if isinstance(account, Player) else None
        if self.giver is None:
            del self.fields["source"]
            return
        self.fields["source"].choices = [  # type: ignore[attr-defined]
            (ALONE, "Nothing: only this balance is corrected"),
            (TRANSFER, f"The coins of {self.giver}, which has {self.giver.coins:,}"),
        ]

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        have, amount = self.account.coins, self.cleaned_data["amount"]
        change = {GIVE: amount, TAKE: -amount, SET: amount - have}
        self.change = change[self.cleaned_data["operation"]]
        if not self.change:
            self.add_error("amount", f"That changes nothing: the balance is {have:,}.")
        elif have + self.change < 0:
            self.add_error("amount", f"There are only {have:,} coins.")
        elif have + self.change > LARGEST_CHANGE:
            self.add_error("amount", f"A balance is at most {LARGEST_CHANGE:,}.")
        elif self.transfers and self.giver and self.giver.coins < self.change:
            self.add_error("amount", f"{self.giver} has only {self.giver.coins:,} coins.")

    @property
    def transfers(self) -> bool:
        return self.cleaned_data.get("source") == TRANSFER

    def is_confirmed(self) -> bool:
        """Whether the effect was shown."""
        return "confirm" in self.data and self.cleaned_data["seen"] is not None

    def effect(self) -> list[str]:
        """What would happen, in lines, once the form is valid."""
        accounts: list[tuple[Account, Decimal]] = [(self.account, self.change)]
        if self.transfers and self.giver:
            accounts.append((self.giver, -self.change))
        return [
            *(
                f"{account}: {account.coins:,} → {account.coins + change:,} coins ({change:+,.2f})"
                for account, change in accounts
            ),
            f"Reason: {self.cleaned_data['note']}",
        ]


class CoinsAdmin(PanelsAdmin, FormsAdmin):
    """The page of an account on which its coins are corrected, and the button to it."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.correct_coins)
        name = f"change_{self.opts.model_name}_coins"
        return [path("<str:pk>/coins/", view, name=name), *super().get_urls()]

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        buttons = super().buttons(request, obj)
        if self.may_change_coins(request):
            url = reverse(f"admin:change_{self.opts.model_name}_coins", args=[obj.pk])
            buttons.append(Button("Add or take coins", url))
        return buttons

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        panels = super().panels(request, obj)
        if request.user.has_perm("players.view_coinentry"):
            panels.append(coins_of(request, obj))
        return panels

    def may_change_coins(self, request: HttpRequest) -> bool:
        """Whether this member of staff may correct the coins of such accounts."""
        rights = ["players.add_coinentry", f"players.view_{self.opts.model_name}"]
        return request.user.has_perms(rights)

    def correct_coins(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Ask how many, show what that changes, then write the entries."""
        if not self.may_change_coins(request):
            raise PermissionDenied
        account = self.get_object(request, pk)
        if account is None:
            raise Http404
        back = reverse(f"admin:players_{self.opts.model_name}_change", args=[pk])
        form = CoinsForm(request.POST if request.method == "POST" else None, account)
        valid = form.is_bound and form.is_valid()
        # Asked after the form: a first click may have taken what the second one asks for.
        operation_id = form.cleaned_data.get("operation_id") if form.is_bound else None
        done = operation_id and account.coin_entries.filter(operation_id=operation_id).exists()
        if not done and valid and not form.is_confirmed():
            return self._confirm_coins(request, form)
        if not done and valid:
            try:
                self._change_coins(request, form)
                done = True
            except Refusal as refusal:
                form.add_error(None, refusal.message)
        if done:
            messages.success(request, "Done, as the entries show.")
            return HttpResponseRedirect(back)
        return self.ask(
            request,
            title=f"Coins of {called(request, account)}",
            original=account,
            button="Show what it does",
            back=back,
            form=form,
            lines=[f"The balance is {account.coins:,}."],
        )

    def _confirm_coins(self, request: HttpRequest, form: CoinsForm) -> HttpResponse:
        """The same form, out of sight, with the balance that staff see now."""
        hide_fields(form, seen=str(form.account.coins))
        return self.ask(
            request,
            title=f"Coins of {called(request, form.account)}: is that right?",
            original=form.account,
            button="Do it",
            button_name="confirm",
            back=request.get_full_path(),
            form=form,
            lines=form.effect(),
        )

    def _change_coins(self, request: HttpRequest, form: CoinsForm) -> None:
        given = form.cleaned_data
        change_coins(  # type: ignore[type-var]  # whichever it is
            form.account,
            change=form.change,
            correction=not form.transfers,
            **{name: given[name] for name in ("seen", "note", "operation_id")},
            by=f"staff:{member(request).pk}",
        )
        self.log_change(request, form.account, form.effect()[0])


def called(request: HttpRequest, account: Account) -> str:
    """The account as this member of staff may call it."""
    if isinstance(account, Establishment):
        return account.name
    return shown_name(account, openly=may_see_personal_data(request))


def coins_of(request: HttpRequest, account: Account) -> Panel:
    """The latest entries of the account's coins."""
    entries = list(account.coin_entries.order_by("-pk")[:PANEL_ROWS])
    names = named(request, {entry.by for entry in entries})
    key = "player_id" if isinstance(account, Player) else "establishment_id"
    return Panel(
        title=f"Coins: {account.coins:,}",
        headers=("Time", "Change", "Balance", "Reason", "By", "Note"),
        rows=[
            (
                page_of(entry, entry.created_at),
                f"{entry.amount:+,}",
                f"{entry.balance:,}",
                entry.get_reason_display(),
                names[entry.by],
                entry.note,
            )
            for entry in entries
        ],
        empty="Never had any.",
        all_url=list_of(CoinEntry, **{key: str(account.pk)}),
    )
