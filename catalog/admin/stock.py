"""The stock of a product is corrected: asked, shown, then moved."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from catalog.admin.offering import OfferingAdmin, page_address
from catalog.models import Product, StockMovement
from catalog.services.correct_stock import LARGEST_STOCK, correct_stock
from config.admin import Button, hide_fields
from config.errors import Refusal
from players.admin.staff import member

ADD, TAKE, SET = "add", "take", "set"
OPERATIONS = [(ADD, "Add units"), (TAKE, "Take units out"), (SET, "Set what is there, as counted")]


class StockForm(forms.Form):
    """Add units, take some out, or set the count. `seen`: the stock when the effect was shown."""

    operation_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    operation = forms.ChoiceField(choices=OPERATIONS, widget=UnfoldAdminRadioSelectWidget)
    quantity = forms.IntegerField(
        min_value=0, max_value=LARGEST_STOCK, widget=UnfoldAdminIntegerFieldWidget
    )
    note = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Kept with the movement. Why, and for instance which delivery or ticket.",
    )

    def __init__(self, data: QueryDict | None, product: Product) -> None:
        super().__init__(data, initial={"operation_id": uuid4(), "operation": ADD})
        self.product = product

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        have, quantity = self.product.stock, self.cleaned_data["quantity"]
        change = {ADD: quantity, TAKE: -quantity, SET: quantity - have}
        self.change = change[self.cleaned_data["operation"]]
        reserved = self.product.reserved
        if not self.change:
            self.add_error("quantity", f"That changes nothing: there are {have:,}.")
        elif have + self.change < reserved:
            self.add_error(
                "quantity",
                f"There are {have:,}. Reserved of them, and therefore to stay: {reserved:,}.",
            )
        elif have + self.change > LARGEST_STOCK:
            self.add_error("quantity", f"At most {LARGEST_STOCK:,} can be in stock.")

    def is_confirmed(self) -> bool:
        """Whether the effect was shown."""
        return "confirm" in self.data and self.cleaned_data["seen"] is not None

    def effect(self) -> list[str]:
        """What would happen, in lines, once the form is valid."""
        product = self.product
        after = product.stock + self.change
        return [
            f"In stock: {product.stock:,} → {after:,} ({self.change:+,})",
            f"Available: {product.available:,} → {after - product.reserved:,}",
            f"Reason: {self.cleaned_data['note']}",
        ]


class StockAdmin(OfferingAdmin):
    """The page of it, and the button to it."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/stock/", view(self.correct), name="correct_stock"),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        buttons = super().buttons(request, obj)
        if may_correct(request):
            buttons.insert(
                0, Button("Correct stock", reverse("admin:correct_stock", args=[obj.pk]))
            )
        return buttons

    def correct(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Ask what was found, show what that changes, then move the stock."""
        if not may_correct(request):
            raise PermissionDenied
        product = get_object_or_404(Product, pk=pk)
        form = StockForm(request.POST if request.method == "POST" else None, product)
        valid = form.is_bound and form.is_valid()
        # Asked after the form: a first click may have taken what the second one asks for.
        operation_id = form.cleaned_data.get("operation_id") if form.is_bound else None
        if operation_id and product.movements.filter(operation_id=operation_id).exists():
            return self.tell(request, product, "Done, as the movements show.")
        if valid and not form.is_confirmed():
            return self._confirm(request, form)
        if valid:
            try:
                movement = self._move(request, form)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, product, f"{form.effect()[0]}, by movement {movement.pk}")
                return self.tell(request, product, "Done, as the movements show.")
        return self.ask(
            request,
            title=f"Stock of {product}",
            original=product,
            button="Show what it does",
            back=page_address(product),
            form=form,
            lines=[
                f"In stock: {product.stock:,}. Reserved of them: {product.reserved:,}.",
                f"Available: {product.available:,}.",
            ],
        )

    def _confirm(self, request: HttpRequest, form: StockForm) -> HttpResponse:
        """The same form, out of sight, with the stock that staff see now."""
        hide_fields(form, seen=str(form.product.stock))
        return self.ask(
            request,
            title=f"Stock of {form.product}: is that right?",
            original=form.product,
            button="Correct it",
            button_name="confirm",
            back=request.get_full_path(),
            form=form,
            lines=form.effect(),
        )

    def _move(self, request: HttpRequest, form: StockForm) -> StockMovement:
        given = form.cleaned_data
        return correct_stock(
            product=form.product,
            change=form.change,
            **{name: given[name] for name in ("seen", "note", "operation_id")},
            by=f"staff:{member(request).pk}",
        )


def may_correct(request: HttpRequest) -> bool:
    """Whether this member of staff may correct stock."""
    return request.user.has_perms(["catalog.adjust_stock", "catalog.view_product"])
