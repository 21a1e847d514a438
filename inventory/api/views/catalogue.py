"""The catalogue, for every caller that is known."""

from collections.abc import Mapping
from typing import ClassVar

from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags, quote_etag
from rest_framework.request import Request

from inventory.api import operations
from inventory.api.answers import Answer
from inventory.api.catalogue_pages import Page, current_pages
from inventory.api.doors import PlayerOrdersApi, find_player
from inventory.api.errors import CatalogueEntryNotFound
from inventory.api.openapi import Operation
from inventory.api.parsing import parse_query
from inventory.api.permissions import check_player
from inventory.api.schemas.catalogue import OddsFields
from inventory.services.compute_odds import compute_odds

# Anyone may ask for odds: what cannot be told within a second or two is told less exactly.
MAX_PATHS = 1_000


class CatalogueViewSet(PlayerOrdersApi):
    """One table of the catalogue: all of it, or one entry by its id."""

    operations: ClassVar[Mapping[str, Operation]] = {}
    table = ""

    def check_caller(self) -> None:
        """The catalogue is nobody's secret."""

    def list(self, request: Request) -> HttpResponse:
        """Get all entries of this kind, by their ids."""
        return _page_answer(request, current_pages().whole(self.table))

    def retrieve(self, request: Request, **_path: str) -> HttpResponse:
        """Get a specific entry of this kind."""
        [key] = self.path.values()
        page = current_pages().table(self.table).get(key)
        if page is None:
            raise CatalogueEntryNotFound("The catalog has no such entry")
        return _page_answer(request, page)


def _page_answer(request: Request, page: Page) -> HttpResponse:
    headers = {
        "ETag": quote_etag(page.etag),
        # Ask each time, and hear 304 if nothing has changed.
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Cookie",
    }
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or headers["ETag"] in {etag.removeprefix("W/") for etag in known}:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(page.body, content_type="application/json", headers=headers)


class VendorOddsViewSet(PlayerOrdersApi):
    operations = {"retrieve": operations.GET_ODDS}

    def check_caller(self) -> None:
        self.asked = parse_query(self.request, OddsFields)
        if self.asked.player_uuid is not None:
            check_player(self.caller, "inv:read_inv", {"uuid": self.asked.player_uuid})

    def retrieve(self, _request: Request, **_path: str) -> HttpResponse:
        """Get what a vendor that is randomly sampled may give, and how likely.

        With more than a thousand ways they are sampled: then every probability has an error.
        """
        uuid = self.asked.player_uuid
        player = None if uuid is None else find_player(self.caller, {"uuid": uuid})
        found = compute_odds(
            self.path["vendor_id"],
            player=player,
            quantity=self.asked.quantity,
            max_paths=MAX_PATHS,
        )
        return Answer(found.as_json())
