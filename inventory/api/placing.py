"""The doors through which orders are placed: one player, one order, 200 or 202 (DOMAIN 2.7)."""

from collections.abc import Callable
from dataclasses import replace
from urllib.request import parse_http_list

from django.http import HttpResponse
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from inventory.api.answers import Answer
from inventory.api.bodies import accepted_body, order_bodies, simulated_body
from inventory.api.doors import PlayerDoor
from inventory.api.errors import InsufficientPermissions, request_id
from inventory.api.parsing import asks_for_simulation
from inventory.api.permissions import (
    check_simulation,
    entry_groups,
    may_use_source,
    simulated_entry_groups,
)
from inventory.models import PlayerOrder
from inventory.services.accept_player_orders import OrderDraft
from inventory.services.place_player_order import place_player_order
from inventory.services.simulate_player_order import simulate_player_order


class OrderDoor(PlayerDoor):
    """A door whose POSTs and PUTs place an order, or with `?simulate=true` only show what it does.

    A simulation takes a scope of its own instead of those that placing takes.
    """

    simulates: bool

    def check_caller(self) -> None:
        placing = self.request.method in {"POST", "PUT"}
        self.simulates = placing and asks_for_simulation(self.request)
        if self.simulates:
            check_simulation(self.caller, self.player_key())
        else:
            super().check_caller()

    def place(self, request: Request, draft: OrderDraft) -> HttpResponse:
        if self.simulates:
            return self._simulate(draft)
        if not may_use_source(self.caller, draft.source):
            raise InsufficientPermissions
        player = self.find_player_of_post()
        asked_async = prefers_async(request)

        def call(id_for: Callable[[int], str | None]) -> HttpResponse:
            order = place_player_order(
                player=player,
                draft=replace(draft, order_id=draft.order_id or id_for(0)),
                placed_by=self.caller.name,
                permissions=entry_groups(self.caller),
                wait=not asked_async,
                request_id=request_id(),
            )
            if order.state == PlayerOrder.State.DONE:
                return Answer(order_bodies([order], player)[0])
            headers = poll_headers(request, order.order_id)
            if asked_async:
                headers["Preference-Applied"] = "respond-async"
            return Answer(accepted_body(order), status=202, headers=headers)

        return self.once(request, call)

    def _simulate(self, draft: OrderDraft) -> HttpResponse:
        player = self.find_player_of_post()
        simulation = simulate_player_order(
            player=player,
            draft=draft,
            permissions=simulated_entry_groups(self.caller),
            counts_codes=True,
        )
        return Answer(simulated_body(simulation, player))


def poll_headers(request: Request, order_id: str) -> dict[str, str]:
    """Where to poll an order of the player whom the path names, and not before when."""
    # /inventory/<version>/player/<player>
    player_path = "/".join(request.path.split("/")[:5])
    return {"Location": escape_uri_path(f"{player_path}/order/{order_id}"), "Retry-After": "1"}


def prefers_async(request: Request) -> bool:
    """Whether `Prefer` (RFC 7240) asks to be answered before the work is done."""
    preferences = parse_http_list(request.headers.get("Prefer", ""))
    return any(
        preference.partition(";")[0].strip().lower() == "respond-async"
        for preference in preferences
    )
