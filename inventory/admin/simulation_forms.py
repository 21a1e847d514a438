"""What staff fill in to ask what an order would do."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse_lazy
from unfold.widgets import (
    UnfoldAdminAutocompleteModelChoiceFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from catalog.admin.lines import read_price
from catalog.models import Bucket, Item, Loot
from catalog.snapshot import Catalogue
from inventory.fulfilment.vocabulary import EntryType, Source
from inventory.services.accept_player_orders import EntryDraft, OrderDraft

MOST_ENTRIES = 20
LARGEST_COUNT = 2**53 - 1  # what every JSON reader takes without loss
# What mostly is asked about comes first.
USUAL_SOURCES = (Source.CLIENT, Source.SYSTEM, Source.SUPPORT, Source.REFUND)
PURCHASES = (EntryType.PURCHASE_LOOT, EntryType.PURCHASE_DYNAMIC_BUNDLE)


class OrderForm(forms.Form):
    source = forms.ChoiceField(
        choices=[(source, source) for source in dict.fromkeys([*USUAL_SOURCES, *Source])],
        widget=UnfoldAdminSelectWidget,
        help_text="CLIENT: as the player's own machine would ask.",
    )
    portal_id = forms.IntegerField(
        required=False,
        min_value=-2,
        max_value=33,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="The platform's number. The platform of an open session wins over it.",
    )
    is_transaction = forms.BooleanField(
        required=False, label="All entries or none", widget=UnfoldBooleanSwitchWidget
    )


def chosen(model: type[models.Model], kind: str, label: str) -> forms.ModelChoiceField:
    """A row of the catalogue, found by typing."""
    return forms.ModelChoiceField(
        model._default_manager.none(),
        required=False,
        label=label,
        widget=UnfoldAdminAutocompleteModelChoiceFieldWidget(
            {"data-ajax--url": reverse_lazy("admin:simulation_choices", args=[kind])}
        ),
    )


class EntryForm(forms.Form):
    type = forms.ChoiceField(
        choices=[(kind, kind) for kind in EntryType], widget=UnfoldAdminSelectWidget
    )
    quantity = forms.IntegerField(
        min_value=0,
        max_value=LARGEST_COUNT,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    loot = chosen(Loot, "loot", "Loot")
    price = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "90 of item 7 + 5 of item 8"}),
        help_text="What the buyer expects one to cost. Empty: the listed price.",
    )
    coupon = chosen(Item, "item", "Coupon")
    code = forms.CharField(
        required=False, label="Promotion code", widget=UnfoldAdminTextInputWidget
    )
    item = chosen(Item, "item", "Item")
    record = forms.UUIDField(
        required=False,
        label="Record",
        widget=UnfoldAdminTextInputWidget,
        help_text="To be updated.",
    )
    bucket = forms.ChoiceField(
        required=False,
        choices=[("", "")] + [(bucket, bucket) for bucket in Bucket],
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("loot", Loot), ("coupon", Item), ("item", Item)):
            # Only what is chosen: a page would else have every row of the catalogue in it.
            value = self[name].value()
            found = model._default_manager.filter(pk__in=[value] if str(value).isdecimal() else [])
            self.fields[name].queryset = found  # type: ignore[attr-defined]

    def clean_price(self) -> list[dict[str, int]]:
        text = self.cleaned_data["price"].strip()
        try:
            return [read_price(price) for price in text.split("+")] if text else []
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def draft(self, catalogue: Catalogue) -> EntryDraft:
        """The entry, with the listed price where none was given."""
        given = self.cleaned_data
        fields: dict[str, Any] = {}
        if given["code"]:
            fields["external_tran_id"] = given["code"]
        if given["bucket"]:
            fields["use_inventory_bucket"] = given["bucket"]
        if given["type"] in PURCHASES:
            currencies = given["price"] or listed_price(
                catalogue, given["loot"] and given["loot"].pk, given["quantity"]
            )
            coupon = {"price_coupon_item_id": given["coupon"].pk} if given["coupon"] else {}
            fields["purchase_price"] = {"currencies": currencies, **coupon}
        return EntryDraft(
            type=EntryType(given["type"]),
            quantity=given["quantity"],
            loot_id=given["loot"] and given["loot"].pk,
            item_id=given["item"] and given["item"].pk,
            inventory_id=given["record"],
            fields=fields,
        )


EntryFormSet = forms.formset_factory(
    EntryForm, extra=0, min_num=1, max_num=MOST_ENTRIES, absolute_max=MOST_ENTRIES
)


def order_draft(form: OrderForm, entries: list[EntryDraft]) -> OrderDraft:
    given = form.cleaned_data
    return OrderDraft(
        source=Source(given["source"]),
        portal_id=given["portal_id"],
        is_transaction=given["is_transaction"],
        entries=tuple(entries),
    )


def listed_price(catalogue: Catalogue, loot_id: int | None, quantity: int) -> list[dict[str, int]]:
    """The first price from the highest quantity that is reached; nothing if there is none."""
    loot = None if loot_id is None else catalogue.loot.get(loot_id)
    point = loot and catalogue.price_points.get(loot.current_price_point_id or "")
    if not point:
        return []
    reached = [each for each in point.current_breakpoints if each.quantity <= quantity]
    listed = max(reached, key=lambda each: each.quantity, default=None)
    if listed is None:
        return []
    return [
        {"price_item_id": price.price_item_id, "price": price.price} for price in listed.currencies
    ]
