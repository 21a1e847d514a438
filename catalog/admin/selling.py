"""What is done with a product: its stock is corrected; it is offered, paused, retired."""

from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from catalog.models import Product, StockMovement
from catalog.services.change_product_status import change_product_status, why_not_status
from catalog.services.correct_stock import LARGEST_STOCK, correct_stock
from config.admin import Button, FormsAdmin, PanelsAdmin, hide_fields
from config.errors import Refusal
from players.admin.staff import member

ADD, TAKE, SET = "add", "take", "set"
OPERATIONS = [(ADD, "Add units"), (TAKE, "Take units out"), (SET, "Set what is there, as counted")]
ACTIVE, PAUSED, RETIRED = Product.Status.ACTIVE, Product.Status.PAUSED, Product.Status.RETIRED
WORDS = {ACTIVE: "Offer", PAUSED: "Pause", RETIRED: "Retire"}
MEANINGS = {
    ACTIVE: "Players can reserve it from now on.",
    PAUSED: "Nobody can reserve it until it is offered again. What is reserved stays so.",
    RETIRED: "Nobody can ever reserve it again. What is reserved stays so. It cannot be undone.",
}


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


class SellingAdmin(PanelsAdmin, FormsAdmin):
    """The pages of it, and the buttons to them."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<uuid:pk>/stock/", view(self.correct), name="correct_stock"),
            path(
                "<uuid:pk>/status/<str:status>/",
                view(self.change_status),
                name="change_product_status",
            ),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: Product) -> list[Button]:
        buttons = super().buttons(request, obj)
        if may_correct(request):
            buttons.append(Button("Correct stock", reverse("admin:correct_stock", args=[obj.pk])))
        if may_change(request):
            buttons += [
                Button(
                    word,
                    reverse("admin:change_product_status", args=[obj.pk, status]),
                    why_not_status(obj, status),
                )
                for status, word in WORDS.items()
                if status != obj.status
            ]
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
            return self._tell(request, product, "Done, as the movements show.")
        if valid and not form.is_confirmed():
            return self._confirm(request, form)
        if valid:
            try:
                movement = self._move(request, form)
            except Refusal as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, product, f"{form.effect()[0]}, by movement {movement.pk}")
                return self._tell(request, product, "Done, as the movements show.")
        return self.ask(
            request,
            title=f"Stock of {product}",
            original=product,
            button="Show what it does",
            back=address_of(product),
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

    def change_status(self, request: HttpRequest, pk: UUID, status: str) -> HttpResponse:
        """Say what it means, then do it; twice is harmless."""
        if not may_change(request):
            raise PermissionDenied
        if status not in WORDS:
            raise Http404
        product = get_object_or_404(Product, pk=pk)
        why_not = why_not_status(product, status)
        if product.status == status:
            return self._tell(request, product, why_not)
        if request.method == "POST" and not why_not:
            try:
                change_product_status(
                    product=product, status=status, by=f"staff:{member(request).pk}"
                )
            except Refusal as refusal:
                why_not = refusal.message
            else:
                word = Product.Status(status).label.partition(":")[0]
                self.log_change(request, product, f"{word}.")
                return self._tell(request, product, f"{product}: {word.lower()} now.")
        word = WORDS[Product.Status(status)]
        return self.ask(
            request,
            title=f"{word} {product}",
            original=product,
            button="" if why_not else word,
            back=address_of(product),
            lines=[] if why_not else effect_of(product, status),
            warnings=[why_not] if why_not else doubts_about(product, status),
        )

    def _tell(self, request: HttpRequest, product: Product, said: str) -> HttpResponse:
        messages.success(request, said)
        return HttpResponseRedirect(address_of(product))


def may_correct(request: HttpRequest) -> bool:
    """Whether this member of staff may correct stock."""
    return request.user.has_perms(["catalog.adjust_stock", "catalog.view_product"])


def may_change(request: HttpRequest) -> bool:
    """Whether this member of staff may offer products, pause and retire them."""
    return request.user.has_perms(["catalog.change_product", "catalog.view_product"])


def address_of(product: Product) -> str:
    return reverse("admin:catalog_product_change", args=[product.pk])


def effect_of(product: Product, status: str) -> list[str]:
    return [
        MEANINGS[Product.Status(status)],
        f"In stock: {product.stock:,}. Available: {product.available:,}.",
    ]


def doubts_about(product: Product, status: str) -> list[str]:
    """What would still keep players from an offered product."""
    if status != ACTIVE:
        return []
    doubts = []
    if not product.visible:
        doubts.append("It is not visible: nobody can reserve it as long as that is so.")
    if not product.available:
        doubts.append("None is available: nobody can reserve it before the stock is corrected.")
    if product.loot and not product.loot.active:
        doubts.append(f"Its loot {product.loot} is not active: whoever acquires it gets nothing.")
    return doubts
