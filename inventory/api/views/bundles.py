"""The selection of a dynamic bundle that is offered to a player."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from catalog.models import Item
from catalog.services.take_snapshot import current_catalogue
from inventory.api import operations
from inventory.api.answers import Answer
from inventory.api.doors import PlayerDoor
from inventory.api.errors import BundleNotOffered
from inventory.fulfilment.bundles import offer
from inventory.services.rules_in_force import rules_in_force


class DynamicBundleViewSet(PlayerDoor):
    scopes = {"retrieve": "inv:read_inv"}
    operations = {"retrieve": operations.GET_DYNAMIC_BUNDLE}

    def retrieve(self, _request: Request, **_path: str) -> HttpResponse:
        """Get the selection of a dynamic bundle that is offered to a player.

        It stays the same until the vendor of the bundle, or that of the selection, changes.
        """
        player = self.find_player()
        catalogue = current_catalogue()
        loot = catalogue.loot.get(self.path["loot_id"])
        item = loot and catalogue.items.get(loot.item_id or 0)
        offered = (
            rules_in_force().dynamic_bundles and item and item.type == Item.Type.DYNAMIC_BUNDLE
        )
        if loot is None or not offered:
            raise BundleNotOffered("There is no such dynamic bundle")
        selection = offer(catalogue, player.uuid, loot, now=timezone.now())
        return Answer(
            {
                "loot_id": loot.id,
                "vendor_etag": catalogue.vendors[loot.vendor_id].etag,
                "dynamic_bundle_loot_ids": selection,
            }
        )
