"""A player's inventory session."""

from collections.abc import Callable

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api import operations
from inventory.api.answers import Answer
from inventory.api.doors import PlayerDoor
from inventory.api.errors import SessionNotFound, request_id
from inventory.api.parsing import parse_body, refuse_simulation
from inventory.api.placing import poll_headers
from inventory.api.schemas.sessions import InventorySessionCreateRequest
from inventory.services.open_session import open_session


class InventorySessionViewSet(PlayerDoor):
    scopes = {"retrieve": "inv:read_session", "create": "inv:create_session"}
    operations = {"retrieve": operations.GET_SESSION, "create": operations.CREATE_SESSION}

    def retrieve(self, _request: Request, **_path: str) -> HttpResponse:
        """Get the open Inventory Session of a player."""
        player = self.find_player()
        session = player.inventory_sessions.open().first()
        if session is None:
            raise SessionNotFound("The player has no open session")
        return Answer(
            {
                "session_id": session.pk,
                "session_platform": session.platform or None,
                "applied_durable_loot": session.applied_loot,
            }
        )

    def create(self, request: Request, **_path: str) -> HttpResponse:
        """Create a new Inventory Session for a player. The one before is over.

        What the player's entitlements and durable purchases give is an order, accepted with the
        session: poll it.
        """
        refuse_simulation(request)
        body = parse_body(request, InventorySessionCreateRequest, optional=True)
        player = self.find_player_of_post()

        def call(_id_for: Callable[[int], str | None]) -> HttpResponse:
            session = open_session(
                player=player, platform=body.session_platform or "", request_id=request_id()
            )
            order_id = session.order.order_id if session.order else None
            return Answer(
                {
                    "session_id": session.pk,
                    "session_platform": session.platform or None,
                    "order_id": order_id,
                },
                status=202,
                headers=poll_headers(request, order_id) if order_id else None,
            )

        return self.once(request, call)
