"""What the pages of the catalogue share: lists, changes under its rules, references."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models
from django.db.models import Max, Q
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.admin.doubts import Doubts
from catalog.errors import CatalogueChanged, CatalogueInvalid
from catalog.services.change_catalogue import change_catalogue, refuse_if_changed
from catalog.services.take_snapshot import current_catalogue
from config.admin import BoundedChangeList, ModelAdmin, NarrowedBy, as_id

ROWS_NAMED = 20


class OfVendor(NarrowedBy):
    title = "vendor"
    parameter_name = "vendor_id"


class CatalogueForm(forms.ModelForm):
    """A row of the catalogue. `refused` is why these very data could not be written."""

    refused: Sequence[str] = ()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for problem in self.refused:
            self.add_error(None, problem)
        return cast("dict[str, Any]", cleaned)


class CatalogueChangeList(BoundedChangeList):
    """Every row knows its doubts, which all come from one look at the catalogue."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        doubts = Doubts(current_catalogue())
        for row in self.result_list:
            row.doubts = doubts.of(row)


class CatalogueAdmin(ModelAdmin):
    """Rows that are written only under the catalogue's lock and rules (services/change_catalogue).

    A change that is refused changes nothing, and is shown again with the reason.
    """

    form = CatalogueForm
    change_form_template = "admin/catalogue_form.html"
    actions = None
    search_fields: ClassVar[tuple[str, ...]] = ("name",)
    search_help_text = "Id, or part of the name"
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextareaWidget({"rows": 2})}}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CatalogueChangeList]:
        return CatalogueChangeList

    def found_by(self, term: str) -> Q:
        return Q(pk__in=[as_id(term)]) | Q(name__icontains=term)

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> tuple[str, ...]:
        """The key of a row that exists stays: players and orders name it."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if obj is None else (self.opts.pk.name, *fields)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The next free id, where ids are numbers."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        if isinstance(self.opts.pk, models.BigIntegerField):
            return {self.opts.pk.name: next_id(self.model), **initial}
        return initial

    def get_form(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - Django's own
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        return cast(
            "type[forms.ModelForm]",
            type(form.__name__, (form,), {"refused": getattr(request, "refused", ())}),
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except (CatalogueInvalid, CatalogueChanged, IntegrityError) as refusal:
            # The same once more: now the form knows that it is refused, and is shown with why.
            request.refused = reasons_of(refusal)  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: object
    ) -> None:
        """Left to `save_related`, which writes all of the page under one lock."""

    def save_related(
        self,
        request: HttpRequest,
        form: forms.ModelForm,
        formsets: Sequence[BaseFormSet],
        change: object,
    ) -> None:
        row = form.instance
        with change_catalogue():
            if change:
                inline = [each.instance for formset in formsets for each in formset.initial_forms]
                refuse_if_changed(row, *inline, since=seen_version(request))
            elif type(row)._default_manager.filter(pk=row.pk).exists():
                raise CatalogueInvalid([f"{self.opts.verbose_name} {row.pk} exists already."])
            super().save_model(request, row, form, change)
            super().save_related(request, form, formsets, change)

    def on_page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        catalogue = current_catalogue()
        seen = request.POST.get("seen", catalogue.version)
        return {
            **super().on_page(request, obj),
            "seen": seen,
            "doubts": Doubts(catalogue).of(obj),
        }

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except (CatalogueInvalid, CatalogueChanged) as refusal:
            row = self.get_object(request, object_id)
            if row is None:
                raise PermissionDenied from refusal
            self.message_user(request, " ".join(reasons_of(refusal)), "ERROR")
            return HttpResponseRedirect(request.path.replace("/delete/", "/change/"))

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        with change_catalogue():
            used_by = list(users_of(obj))
            if used_by:
                raise CatalogueInvalid([f"It is still used by {', '.join(used_by)}."])
            super().delete_model(request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Without a look at every row that hangs on it: an item may have millions of records."""
        protected = [user for obj in objs for user in users_of(obj)]
        with_them = [row for obj in objs for row in deleted_with(obj)]
        counts = Counter(str(row._meta.verbose_name_plural) for row in [*objs, *with_them])
        return [*map(str, [*objs, *with_them[:ROWS_NAMED]])], dict(counts), set(), protected


def next_id(model: type[models.Model]) -> int:
    highest = model._default_manager.aggregate(highest=Max("pk"))["highest"]
    return 1 if highest is None else cast("int", highest) + 1


def seen_version(request: HttpRequest) -> int:
    """The version of the catalogue that the page was made from."""
    return as_id(request.POST.get("seen", "")) or 0


def reasons_of(refusal: CatalogueInvalid | CatalogueChanged | IntegrityError) -> list[str]:
    if isinstance(refusal, IntegrityError):
        # A constraint that no form has checked; its name is the sentence that it enforces.
        broken = getattr(refusal.__cause__, "diag", None)
        rule = (broken and broken.constraint_name) or str(refusal)
        return [f"The database refuses it: {rule.replace('_', ' ')}."]
    if isinstance(refusal, CatalogueInvalid):
        return list(refusal.problems)
    return [refusal.message]


def users_of(row: models.Model) -> list[str]:
    """Some of the rows that keep this one, or what is deleted with it, from being deleted."""
    found: list[str] = []
    for each in [row, *deleted_with(row)]:
        for relation in each._meta.related_objects:
            if relation.on_delete is not models.CASCADE:
                users = relation.related_model._default_manager.filter(
                    **{relation.field.name: each}
                )
                kind = relation.related_model._meta.verbose_name
                keys = users.values_list("pk", flat=True)[:ROWS_NAMED]
                found += [f"{kind} {key}" for key in keys]
        if len(found) >= ROWS_NAMED:
            break
    return found[:ROWS_NAMED]


def deleted_with(row: models.Model) -> list[models.Model]:
    """The rows that go with this one, such as a vendor's loot."""
    return [
        each
        for relation in row._meta.related_objects
        if relation.on_delete is models.CASCADE
        for each in relation.related_model._default_manager.filter(**{relation.field.name: row})
    ]
