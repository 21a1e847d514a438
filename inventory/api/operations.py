"""The operations of the player orders API, for its OpenAPI document."""

from collections.abc import Mapping

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from pydantic import BaseModel

from inventory.api.openapi import Operation
from inventory.api.schemas import bundles, catalogue, inventory, order_lists, orders, sessions

INVENTORY, CATALOGUE = "Inventory", "Catalogue"

PREFER = OpenApiParameter(
    "Prefer",
    str,
    OpenApiParameter.HEADER,
    description="`respond-async` (RFC 7240): accept the order now, answer 202, fulfil it later.",
    examples=[OpenApiExample("Answer at once", "respond-async")],
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\x20-\x7e]+$"},
    OpenApiParameter.HEADER,
    description="A text of the caller's choice that makes the call repeatable: the same key and "
    "body are answered with the first answer again, and nothing is done twice.",
)
POLL_HEADERS = tuple(
    OpenApiParameter(name, str, OpenApiParameter.HEADER, response=[202], description=description)
    for name, description in {
        "Location": "Where to poll the order.",
        "Retry-After": "Seconds to wait before polling.",
    }.items()
)
PREFERENCE_APPLIED = OpenApiParameter(
    "Preference-Applied",
    str,
    OpenApiParameter.HEADER,
    response=[202],
    description="`respond-async`, if that was asked for.",
)
PLACING: tuple[OpenApiParameter | type[BaseModel], ...] = (
    orders.SimulateField,
    PREFER,
    IDEMPOTENCY_KEY,
    *POLL_HEADERS,
    PREFERENCE_APPLIED,
)
PLACED: Mapping[int, type[BaseModel]] = {200: orders.PlayerOrder, 202: orders.PlayerOrderCreate}
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="If you provide the ETag that matches the current ETag for this content, will "
    "return a 304 response - indicating that the content has not changed.",
)
ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 304],
    description="Used to identify this version of the content. Provide with a get request to avoid "
    "downloading the same data multiple times.",
)

CREATE_ORDER = Operation(
    "Create New Player Order",
    request=orders.PlayerOrderCreate,
    parameters=PLACING,
    answers=PLACED,
    refusals=(409,),
)
LIST_ORDERS = Operation(
    "Get Player Orders",
    parameters=(order_lists.PageFields,),
    answers={200: order_lists.PlayerOrders},
    refusals=(404,),
)
GET_ORDER = Operation("Get Player Order", answers={200: orders.PlayerOrder}, refusals=(404,))
GET_INVENTORY = Operation(
    "Get Player Inventory",
    tag=INVENTORY,
    parameters=(inventory.InventoryFilter,),
    answers={200: inventory.PlayerInventory},
    refusals=(404,),
)
CREATE_ORDERS = Operation(
    "Create New Player Orders For Many Players",
    request=order_lists.PlayerOrdersCreate,
    parameters=(IDEMPOTENCY_KEY,),
    answers={200: order_lists.PlayerOrdersCreated},
    refusals=(409,),
)
CREATE_INVENTORY = Operation(
    "Create Player Inventory",
    tag=INVENTORY,
    request=inventory.CreateInventoryRequests,
    parameters=PLACING,
    answers=PLACED,
    refusals=(409,),
)
UPDATE_INVENTORIES = Operation(
    "Modify Many Player Inventory",
    tag=INVENTORY,
    request=inventory.UpdateInventoryRequests,
    parameters=PLACING,
    answers=PLACED,
    refusals=(409,),
)
UPDATE_INVENTORY = Operation(
    "Modify Player Inventory",
    tag=INVENTORY,
    request=inventory.UpdateInventoryRequest,
    parameters=PLACING,
    answers=PLACED,
    refusals=(409,),
)
GET_SESSION = Operation(
    "Get Inventory Session Info",
    tag=INVENTORY,
    answers={200: sessions.InventorySession},
    refusals=(404,),
)
CREATE_SESSION = Operation(
    "Create New Inventory Session",
    tag=INVENTORY,
    request=sessions.InventorySessionCreateRequest,
    parameters=(IDEMPOTENCY_KEY, *POLL_HEADERS),
    answers={202: sessions.InventorySessionCreateResponse},
    refusals=(409,),
)
GET_DYNAMIC_BUNDLE = Operation(
    "Get Dynamic Bundle",
    tag=INVENTORY,
    answers={200: bundles.DynamicBundle},
    refusals=(404,),
)
GET_ODDS = Operation(
    "Get Catalog Vendor Odds",
    tag=CATALOGUE,
    parameters=(catalogue.OddsFields,),
    answers={200: catalogue.VendorOdds},
    refusals=(404, 503),
)


def _catalogue_operations(
    title: str, all_of_them: type[BaseModel], one: type[BaseModel]
) -> dict[str, Operation]:
    return {
        "list": Operation(
            f"Get Catalog {title} All",
            tag=CATALOGUE,
            parameters=(IF_NONE_MATCH, ETAG),
            answers={200: all_of_them, 304: None},
        ),
        "retrieve": Operation(
            f"Get Catalog {title}",
            tag=CATALOGUE,
            parameters=(IF_NONE_MATCH, ETAG),
            answers={200: one, 304: None},
            refusals=(404,),
        ),
    }


# By the table: the word for it in the path, the name of the id there, and its operations.
CATALOGUE_TABLES = {
    "items": (
        "item",
        "item_id",
        _catalogue_operations("Item", catalogue.CatalogueItems, catalogue.CatalogueItem),
    ),
    "vendors": (
        "vendor",
        "vendor_id",
        _catalogue_operations("Vendor", catalogue.CatalogueVendors, catalogue.CatalogueVendor),
    ),
    "loot": (
        "loot",
        "loot_id",
        _catalogue_operations("Loot", catalogue.CatalogueLoots, catalogue.CatalogueLoot),
    ),
    "price_points": (
        "price-point",
        "price_point_id",
        _catalogue_operations(
            "Price Point", catalogue.CataloguePricePoints, catalogue.CataloguePricePoint
        ),
    ),
    "time_frames": (
        "time-frame",
        "time_frame_id",
        _catalogue_operations(
            "Time Frame", catalogue.CatalogueTimeFrames, catalogue.CatalogueTimeFrame
        ),
    ),
    "xp_tables": (
        "xp",
        "xp_table_id",
        _catalogue_operations("Xp Table", catalogue.CatalogueXpTables, catalogue.CatalogueXpTable),
    ),
    "rule_sets": (
        "inventory-bucket-use-rule-set",
        "rule_set_id",
        _catalogue_operations(
            "Inventory Bucket Use Rule Set",
            catalogue.CatalogueRuleSets,
            catalogue.CatalogueRuleSet,
        ),
    ),
}
