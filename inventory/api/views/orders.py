"""Orders of one player, and orders for many players."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from inventory.api import operations
from inventory.api.answers import Answer
from inventory.api.bodies import order_bodies
from inventory.api.doors import PLAYER_UNKNOWN, PlayerOrdersApi
from inventory.api.drafts import draft_of
from inventory.api.errors import (
    InsufficientPermissions,
    OrderNotFound,
    PathNotFound,
    answer_to,
    request_id,
)
from inventory.api.paging import page_of
from inventory.api.parsing import parse_body, parse_query, refuse_simulation
from inventory.api.permissions import (
    check_many_players,
    entry_groups,
    may_use_source,
    reachable_players,
)
from inventory.api.placing import OrderDoor
from inventory.api.schemas.order_lists import PageFields, PlayerOrderForPlayer, PlayerOrdersCreate
from inventory.api.schemas.orders import PlayerOrderCreate
from inventory.errors import OrderIdTaken
from inventory.models import PlayerOrder
from inventory.services.accept_player_orders import OrderDraft
from inventory.services.place_player_order import place_player_orders
from players.models import Player


class PlayerOrderViewSet(OrderDoor):
    scopes = {
        "create": "inv:create_order:player",
        "list": "inv:read_order",
        "retrieve": "inv:read_order",
    }
    operations = {
        "create": operations.CREATE_ORDER,
        "list": operations.LIST_ORDERS,
        "retrieve": operations.GET_ORDER,
    }

    def create(self, request: Request, **_path: str) -> HttpResponse:
        """Create a new Order for a specific player.

        Note that some orders may not be fulfilled at the completion of this request and need to be
        polled separately for results.
        """
        return self.place(request, draft_of(parse_body(request, PlayerOrderCreate)))

    def list(self, request: Request, **_path: str) -> HttpResponse:
        """Get recent player orders about a player.

        Empty results means there were no recent orders. If starting_position and cursor are given,
        starting_position will be ignored in favor of cursor.
        """
        asked = parse_query(request, PageFields)
        player = self.find_player()
        orders, page = page_of(PlayerOrder.objects.filter(player=player), asked)
        return Answer({"data": order_bodies(orders, player), "page": page})

    def retrieve(self, _request: Request, **_path: str) -> HttpResponse:
        """Get one recent order of a player; this is how an accepted order is polled.

        The order is finished once every entry has a result.
        """
        player = self.find_player()
        order = (
            PlayerOrder.objects.recent(since=timezone.now() - settings.PLAYER_ORDER_RECENT)
            .filter(player=player, order_id=self.path["order_id"])
            .first()
        )
        if order is None:
            raise OrderNotFound("Order was not found for player")
        return Answer(order_bodies([order], player)[0])


class PlayersOrderViewSet(PlayerOrdersApi):
    """Orders for many players in one call."""

    operations = {"create": operations.CREATE_ORDERS}

    def check_caller(self) -> None:
        check_many_players(self.caller, "inv:create_order:player")

    def create(self, request: Request) -> HttpResponse:
        """Create new Orders for many players.

        They are accepted, not fulfilled: poll each for its results. An order that cannot be
        accepted does not keep the others from being accepted.
        """
        refuse_simulation(request)
        body = parse_body(request, PlayerOrdersCreate)

        def place(id_for: Callable[[int], str | None]) -> HttpResponse:
            players = self._players(body.orders)
            drafts: dict[int, tuple[Player, OrderDraft]] = {}
            failed: dict[int, str] = {}
            for index, order in enumerate(body.orders):
                name = order.player_uuid or order.player_id
                if not may_use_source(self.caller, order.source):
                    failed[index] = InsufficientPermissions().message
                elif name is None:
                    failed[index] = "No player was named: neither player_uuid nor player_id"
                elif name not in players:
                    failed[index] = PLAYER_UNKNOWN
                else:
                    draft = draft_of(order)
                    order_id = draft.order_id or id_for(index)
                    drafts[index] = players[name], replace(draft, order_id=order_id)
            placed = place_player_orders(
                drafts=list(drafts.values()),
                placed_by=self.caller.name,
                permissions=entry_groups(self.caller),
                request_id=request_id(),
            )
            order_ids = []
            for index, outcome in zip(drafts, placed, strict=True):
                if isinstance(outcome, OrderIdTaken):
                    failed[index] = outcome.message
                else:
                    order_ids.append(outcome.order_id)
            return Answer(
                {
                    "order_ids": order_ids,
                    "failed_orders": [
                        {**body.orders[index].model_dump(mode="json"), "error_info": why}
                        for index, why in sorted(failed.items())
                    ],
                }
            )

        return self.once(request, place)

    def _players(self, orders: Iterable[PlayerOrderForPlayer]) -> dict[UUID | int, Player]:
        """The players that the orders name and the caller reaches, by both of their names."""
        named = reachable_players(self.caller).filter(
            Q(uuid__in={order.player_uuid for order in orders})
            | Q(id__in={order.player_id for order in orders})
        )
        return {name: player for player in named for name in (player.uuid, player.pk)}


@csrf_exempt
def unknown_path(_request: HttpRequest) -> HttpResponse:
    return answer_to(PathNotFound("Not Found"), {})
