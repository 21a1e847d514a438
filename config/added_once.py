"""Staff pages that add a row by a form of their own."""

from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from config.admin import FormsAdmin, as_uuid


class AddedOnceAdmin(FormsAdmin):
    """Each form that is opened adds one row at most, however often it is sent.

    It has an id for that, which is in its address: there the browser's Back finds it again.
    """

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form_id = as_uuid(request.GET.get("form", ""))
        if form_id is None:
            return HttpResponseRedirect(f"?form={uuid4()}")
        return self.add_once(request, form_id)

    def add_once(self, request: HttpRequest, form_id: UUID) -> HttpResponse:
        """Ask, or do what the form asks for under that id."""
        raise NotImplementedError
