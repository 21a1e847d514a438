"""What a player owns, and direct changes of it."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from inventory.api import operations
from inventory.api.answers import Answer
from inventory.api.drafts import draft_of_creation, draft_of_update, draft_of_updates
from inventory.api.parsing import parse_body, parse_query
from inventory.api.placing import OrderDoor
from inventory.api.record_bodies import inventory_body
from inventory.api.schemas.inventory import (
    CreateInventoryRequests,
    InventoryFilter,
    UpdateInventoryRequest,
    UpdateInventoryRequests,
)


class PlayerInventoryViewSet(OrderDoor):
    scopes = {
        "retrieve": "inv:read_inv",
        "create": "inv:create_order:player",
        "update_many": "inv:create_order:player",
        "update": "inv:create_order:player",
    }
    operations = {
        "retrieve": operations.GET_INVENTORY,
        "create": operations.CREATE_INVENTORY,
        "update_many": operations.UPDATE_INVENTORIES,
        "update": operations.UPDATE_INVENTORY,
    }

    def retrieve(self, request: Request, **_path: str) -> HttpResponse:
        """Get what a player owns. Records of count zero are kept; expired ones are not shown."""
        asked = parse_query(request, InventoryFilter, repeatable="item_ids")
        player = self.find_player()
        return Answer(inventory_body(player, asked.item_ids, at=timezone.now()))

    def create(self, request: Request, **_path: str) -> HttpResponse:
        """Create Inventory records: one order with an entry for each, fulfilled as any order is.

        Partial success is possible: each record has a result of its own.
        """
        return self.place(request, draft_of_creation(parse_body(request, CreateInventoryRequests)))

    def update_many(self, request: Request, **_path: str) -> HttpResponse:
        """Modify many Inventory records: one order with an entry for each.

        What is sent is what the record is to be, not what to add. Partial success is possible: each
        record has a result of its own.
        """
        return self.place(request, draft_of_updates(parse_body(request, UpdateInventoryRequests)))

    def update(self, request: Request, **_path: str) -> HttpResponse:
        """Modify a single Inventory record: one order with one entry.

        What is sent is what the record is to be, not what to add.
        """
        body = parse_body(request, UpdateInventoryRequest)
        return self.place(request, draft_of_update(body, self.path["inventory_id"]))
