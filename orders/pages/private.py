"""What the pages of buyers and players have in common: whoever has the link, and nobody else."""

import secrets
from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from uuid import UUID

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.admin import as_id
from orders.models import Order

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
# Pictures of products and establishments lie anywhere, but come over TLS.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https:; form-action {};"
    " base-uri 'none'; frame-ancestors 'none'"
)
JUST_NOW = 60  # seconds
NOBODYS_TOKEN = "-"  # noqa: S105 - no token has this character

Page = Callable[[HttpRequest], HttpResponse]


def private(*, sends_to: str = "'self'") -> Callable[[Page], Page]:
    """Nothing of the page is kept, indexed, framed or passed on; nothing foreign runs in it.

    `sends_to`: where its forms may be sent, and whoever sent them be led on to.
    """

    def decorate(page: Page) -> Page:
        @wraps(page)
        def answer(request: HttpRequest) -> HttpResponse:
            response = page(request)
            for name, value in HEADERS.items():
                response[name] = value
            response["Content-Security-Policy"] = POLICY.format(sends_to)
            return response

        return answer

    return decorate


def find_order(
    request: HttpRequest, orders: models.QuerySet[Order], *, kept_at: str, **key: str | UUID
) -> Order | None:
    """The order of that key, if the address has its token, the attribute `kept_at` of it.

    Unknown ones cost the same look-up, and a comparison that takes as long wherever they differ.
    """
    order = orders.filter(**key).first()
    expected = attrgetter(kept_at)(order) if order else NOBODYS_TOKEN
    given = request.GET.get("token", "")
    return order if secrets.compare_digest(given.encode(), expected.encode()) else None


def was_just_now(request: HttpRequest, name: str) -> bool:
    """Whether the address says so, and is no bookmark or page loaded again."""
    at = as_id(request.GET.get(name, "")) or 0
    return abs(timezone.now().timestamp() - at) < JUST_NOW
