"""Products and their offers are put on offer, paused, retired."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from catalog.models.products import Offered
from catalog.services.change_status import change_status, why_not_status
from config.admin import Button, FormsAdmin, PanelsAdmin
from config.errors import Refusal
from players.admin.staff import member

ACTIVE, PAUSED, RETIRED = Offered.Status.ACTIVE, Offered.Status.PAUSED, Offered.Status.RETIRED
WORDS = {ACTIVE: "Offer", PAUSED: "Pause", RETIRED: "Retire"}
MEANINGS = {
    ACTIVE: "It can be had from now on.",
    PAUSED: "Nobody can have it until it is offered again. What is reserved or ordered stays so.",
    RETIRED: "Nobody can ever have it again. What is reserved or ordered stays so."
    " It cannot be undone.",
}


class OfferingAdmin(PanelsAdmin, FormsAdmin):
    """The pages of it, and the buttons to them."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "<str:pk>/status/<str:status>/",
                self.admin_site.admin_view(self.change_status),
                name=f"change_{self.opts.model_name}_status",
            ),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: Any) -> list[Button]:
        buttons = super().buttons(request, obj)
        if self.may_offer(request):
            address = f"admin:change_{self.opts.model_name}_status"
            buttons += [
                Button(word, reverse(address, args=[obj.pk, status]), why_not_status(obj, status))
                for status, word in WORDS.items()
                if status != obj.status
            ]
        return buttons

    def change_status(self, request: HttpRequest, pk: str, status: str) -> HttpResponse:
        """Say what it means, then do it; twice is harmless."""
        if not self.may_offer(request):
            raise PermissionDenied
        obj = self.get_object(request, pk)
        if obj is None or status not in WORDS:
            raise Http404
        why_not = why_not_status(obj, status)
        if obj.status == status:
            return self.tell(request, obj, why_not)
        if request.method == "POST" and not why_not:
            try:
                change_status(obj, status=status, by=f"staff:{member(request).pk}")
            except Refusal as refusal:
                why_not = refusal.message
            else:
                word = Offered.Status(status).label.partition(":")[0]
                self.log_change(request, obj, f"{word}.")
                return self.tell(request, obj, f"{obj}: {word.lower()} now.")
        word = WORDS[Offered.Status(status)]
        return self.ask(
            request,
            title=f"{word} {obj}",
            original=obj,
            button="" if why_not else word,
            back=page_address(obj),
            lines=[] if why_not else [MEANINGS[Offered.Status(status)], *self.facts(obj)],
            warnings=[why_not] if why_not else self.doubts(obj) if status == ACTIVE else [],
        )

    def may_offer(self, request: HttpRequest) -> bool:
        """Whether this member of staff may offer such things, pause and retire them."""
        name = self.opts.model_name
        return request.user.has_perms([f"catalog.change_{name}", f"catalog.view_{name}"])

    def facts(self, obj: Any) -> list[str]:
        """What to know before it is done."""
        return []

    def doubts(self, obj: Any) -> list[str]:
        """What would still keep people from having it once it is offered."""
        return []

    def tell(self, request: HttpRequest, obj: Any, said: str) -> HttpResponse:
        messages.success(request, said)
        return HttpResponseRedirect(page_address(obj))


def page_address(obj: Offered) -> str:
    return reverse(f"admin:catalog_{obj._meta.model_name}_change", args=[obj.pk])
