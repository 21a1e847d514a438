"""What the staff pages of every app share: lists that stay quick at any size, pages that only show.

Plain Django but for the last lines, where the theme is put on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.paginator import Paginator
from django.db import OperationalError, connection, models, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from psycopg.errors import QueryCanceled
from unfold.admin import ModelAdmin as ThemedModelAdmin

COUNTED = 10_000
PER_PAGE = 100
PATIENCE = "3s"
LARGEST_ID = 2**63 - 1
FILTERED_BY = {"exact", "id__exact", "isnull", "gte", "lt"}


def as_id(term: str) -> int | None:
    """What was typed as an integer id, if it can be one."""
    if not term.isdecimal() or len(term) > len(str(LARGEST_ID)):
        return None
    return int(term) if int(term) <= LARGEST_ID else None


def as_uuid(term: str) -> UUID | None:
    """What was typed as a UUID, if it is one."""
    try:
        return UUID(term)
    except ValueError:
        return None


def page_address(row: models.Model) -> str:
    """The address of the row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def page_of(row: models.Model, text: object = None) -> SafeString:
    """A link to the row's page."""
    return format_html(
        '<a href="{}" class="text-link">{}</a>',
        page_address(row),
        row if text is None else localize(text),
    )


def list_of(model: type[models.Model], **narrowed: str | int) -> str:
    """The address of a list, narrowed by its filters."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{urlencode(narrowed)}" if narrowed else url


class CappedPaginator(Paginator):
    """Counts and pages through the first ten thousand rows, so that no table is ever counted whole.

    Below that the count is exact. What lies beyond is reached by searching, filtering, or by the
    link on the last page, which goes on by key.
    """

    template_name = "admin/capped_pagination.html"

    @property
    def _rows(self) -> QuerySet:
        return cast("QuerySet", self.object_list)

    @cached_property
    def _counted(self) -> int:
        return self._rows.order_by()[: COUNTED + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNTED)

    @property
    def is_capped(self) -> bool:
        return self._counted > COUNTED

    @cached_property
    def total(self) -> str:
        """How many there are, as a person reads it: `312`, `10,000+` or `about 10,203,400`."""
        if not self.is_capped:
            return f"{self.count:,}"
        if self._rows.query.where:
            return f"{COUNTED:,}+"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
                [self._rows.model._meta.db_table],
            )
            [estimate] = cursor.fetchone()
        return f"about {estimate:,}" if estimate > COUNTED else f"{COUNTED:,}+"


class BoundedChangeList(ChangeList):
    """A list whose statements are cancelled rather than let run for long, and which says so."""

    gave_up = False

    def get_results(self, request: HttpRequest) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
                super().get_results(request)
                len(self.result_list)  # fetched here, under the timeout
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            self.gave_up = True
            self.queryset = self.queryset.none()
            super().get_results(request)
            messages.warning(
                request,
                "There is too much to look through. Search for a player, an id or a date as well.",
            )
        # The theme's header would show a count beside this one; ours is below the list.
        self.full_result_count = self.result_count

    @property
    def older(self) -> str:
        """The address of what follows the last row that pages reach, if this is the last page."""
        by_key = self.model_admin.ordering == BoundedListAdmin.ordering
        if not by_key or not self.paginator.is_capped or self.page_num < self.paginator.num_pages:
            return ""
        last = self.result_list[len(self.result_list) - 1]
        return self.get_query_string({f"{self.pk_attname}__lt": last.pk}, remove=[PAGE_VAR])


class BoundedListAdmin(admin.ModelAdmin):
    """A list in descending order of the key, with an index for every way to search it.

    A subclass that can be searched names the ways in `search_help_text`, sets `search_fields` (for
    Django to show the box) and answers `found_by`.
    """

    paginator = CappedPaginator
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    sortable_by = ()
    list_per_page = PER_PAGE
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the filters of the list and its link `older` ask.

        Else the columns that are hidden could be found out, letter by letter.
        """
        if lookup == f"{self.opts.pk.attname}__lt":
            return True
        return any(asks(each, lookup) for each in self.get_list_filter(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        return (queryset.filter(self.found_for(request, term)) if term else queryset), False

    def found_for(self, request: HttpRequest, term: str) -> Q:
        """As `found_by`, where it is not the same for everybody who looks."""
        return self.found_by(term)

    def found_by(self, term: str) -> Q:
        """What the term may name: by whole ids, or by the beginning of an indexed text.

        What the term cannot be is asked for with `in`: that finds nothing, without a query, where
        `= None` would mean IS NULL.
        """
        raise NotImplementedError


def asks(list_filter: Any, lookup: str) -> bool:
    """Whether the parameter is one of the filter's: its name, or its column, whole or bounded."""
    if isinstance(list_filter, type) and issubclass(list_filter, admin.SimpleListFilter):
        return lookup == list_filter.parameter_name
    if isinstance(list_filter, type):
        return lookup in list_filter.parameter_names  # type: ignore[attr-defined]  # FilledIn
    column = list_filter if isinstance(list_filter, str) else list_filter[0]
    return lookup == column or lookup.removeprefix(f"{column}__") in FILTERED_BY


class NarrowedBy(admin.SimpleListFilter):
    """Shown only in a list that was opened for one thing: says which, and lets go of it."""

    parameter_name: str
    as_key: Callable[[str], object] = staticmethod(as_id)

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        value = self.value()
        return [(value, value)] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if value is None:
            return queryset
        key = self.as_key(value)
        return queryset.none() if key is None else queryset.filter(**{self.parameter_name: key})


class ShownOnlyAdmin(admin.ModelAdmin):
    """Nothing is added, changed or deleted here, whoever asks."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Without the button to a history that is always empty."""
        return super().render_change_form(
            request, {**context, "show_history": False}, *args, **kwargs
        )


@dataclass(frozen=True, slots=True)
class Panel:
    """A table on the page of a row: what belongs to it, and where to find all of it."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "None."
    all_url: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """What can be done with the row; where it cannot, `disabled` says why not."""

    label: str
    url: str
    disabled: str = ""


class PanelsAdmin(admin.ModelAdmin):
    """A page of a row with what can be done with it and what belongs to it."""

    change_form_template = "admin/change_form_with_panels.html"

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        """What this member of staff may do, possible now or not."""
        return []

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """What this member of staff may see."""
        return []

    def on_page(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """What the template of the page is given besides."""
        return {"buttons": self.buttons(request, obj), "panels": self.panels(request, obj)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if (obj := kwargs.get("obj")) is not None:
            context |= self.on_page(request, obj)
        return super().render_change_form(request, context, *args, **kwargs)


class ChosenByTyping(AutocompleteSelect):
    """Django's own, which fails on a value that cannot be a key: the form has its error already."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        try:
            return super().optgroups(name, value, attr)
        except ValueError:
            return super().optgroups(name, [], attr)


class FormsAdmin(admin.ModelAdmin):
    """Pages on which something is asked before it is done. What they do, they do on POST."""

    def show(
        self, request: HttpRequest, template: str, title: str, **context: object
    ) -> HttpResponse:
        """A page within the staff site."""
        site = self.admin_site.each_context(request)
        return render(request, template, {**site, "opts": self.opts, "title": title, **context})

    def ask(self, request: HttpRequest, title: str, **context: object) -> HttpResponse:
        """A page with a form, sent to its own address.

        It takes `back`, an address; and, where there are such, `original`, the row that it is
        about, `lines` that say what it is about, `warnings`, `form`, `button`, the words on it
        (none: nothing can be sent), and the `button_name` under which it is sent.
        """
        return self.show(request, "admin/form_page.html", title, **context)


def hide_fields(form: forms.Form, *, seen: str) -> None:
    """Make it the form that confirms: what was sent, out of sight, with what staff see now."""
    data = cast("QueryDict", form.data).copy()
    data["seen"] = seen
    form.data = data
    for field in form.fields.values():
        field.widget = forms.HiddenInput()


class ModelAdmin(BoundedListAdmin, PanelsAdmin, FormsAdmin, ThemedModelAdmin):
    """The base of every staff page."""

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", ChosenByTyping(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyModelAdmin(ShownOnlyAdmin, ModelAdmin):
    """The base of staff pages that only show."""
