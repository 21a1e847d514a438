"""Views of the list of orders that staff keep: each is its filters under a name."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from config.admin import FormsAdmin, ModelAdmin, list_of
from orders.models import Order, SavedView
from players.admin.staff import member

SHOWN = 30
LONGEST = 1_000
VIEW = "orders.view_order"
NOT_NARROWED = "There is nothing to keep: the list is not narrowed by a filter."
NOT_SEARCHED = "The words that were searched for are not kept: they may be a person's name."


class SavedViewForm(forms.ModelForm):
    class Meta:
        model = SavedView
        fields = ("owner", "name", "is_shared")
        widgets = {
            "owner": forms.HiddenInput,
            "name": UnfoldAdminTextInputWidget,
            "is_shared": UnfoldBooleanWidget,
        }


class SavedViewsAdmin(FormsAdmin):
    """The views above the list, and the page that keeps another."""

    list_before_template = "admin/includes/saved_views.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.save_view)
        return [path("save-view/", view, name="save_view_of_orders"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = self.kept_query(request)
        is_new = query and not request.GET.get("q")
        views = list(views_for(request)[:SHOWN])
        is_kept = is_new and any(view.query == query for view in views)
        context: dict[str, Any] = {
            "saved_views": [
                {"view": view, "url": address_of(view), "is_open": is_new and view.query == query}
                for view in views
            ],
            "save_view_url": f"{reverse('admin:save_view_of_orders')}?{query}"
            if query and not is_kept
            else "",
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def kept_query(self, request: HttpRequest) -> str:
        """The filters of the list in a settled order, without what was searched for."""
        kept = QueryDict(mutable=True)
        for name, value in sorted(request.GET.dict().items()):
            is_filter = name != f"{self.opts.pk.attname}__lt"
            if value and is_filter and self.lookup_allowed(name, value, request):
                kept[name] = value
        return kept.urlencode()

    def save_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        query = self.kept_query(request)
        back = f"{list_of(Order)}?{query}" if query else list_of(Order)
        if not 0 < len(query) <= LONGEST:
            messages.error(request, NOT_NARROWED)
            return HttpResponseRedirect(list_of(Order))
        view = SavedView(owner=member(request), query=query)
        data = None
        if request.method == "POST":
            data = request.POST.copy()
            data["owner"] = str(view.owner_id)
        form = SavedViewForm(data, instance=view)
        if data is not None and form.is_valid():
            form.save()
            messages.success(request, f"The view “{view.name}” is kept.")
            return HttpResponseRedirect(back)
        return self.ask(
            request,
            "Keep this view",
            form=form,
            sent_to=request.get_full_path(),
            back=back,
            button="Keep it",
            lines=[NOT_SEARCHED] if request.GET.get("q") else [],
        )


def views_for(request: HttpRequest) -> QuerySet[SavedView]:
    """One's own, and those that others share."""
    own = Q(owner_id=member(request).pk)
    return SavedView.objects.filter(own | Q(is_shared=True)).order_by("name", "pk")


def address_of(view: SavedView) -> str:
    return f"{list_of(Order)}?{view.query}"


@admin.register(SavedView)
class SavedViewAdmin(ModelAdmin):
    """Staff change and delete their own; others' only with the right to."""

    list_display = ("name", "shows", "owner", "is_shared", "created_at")
    list_display_links = ("name",)
    list_select_related = ("owner",)
    list_filter = ("is_shared",)
    fields = ("name", "shows", "is_shared", "owner", "created_at")
    readonly_fields = ("shows", "owner", "created_at")

    @admin.display(description="Opens")
    def shows(self, view: SavedView) -> SafeString:
        return format_html('<a href="{}" class="text-link">The list</a>', address_of(view))

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedView]:
        return views_for(request).select_related("owner")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(VIEW)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(VIEW)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A view is kept from the list."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj, "orders.change_savedview")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj, "orders.delete_savedview")

    def _may(self, request: HttpRequest, view: SavedView | None, right: str) -> bool:
        is_own = view is not None and view.owner_id == member(request).pk
        return request.user.has_perm(VIEW) and (is_own or request.user.has_perm(right))
