"""The bodies and parameters of the player orders API, as its documents name and describe them.

What comes in is validated by these models. What goes out is built from rows (bodies.py): for it the
models are the documentation.
"""

from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    PlainSerializer,
    StringConstraints,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from catalog.models import Bucket
from inventory.fulfilment.vocabulary import EntryType, Result, Source


def wire_time(moment: datetime) -> str:
    """`2023-01-23T21:07:02.000000+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticKnownError("datetime_parsing", {"error": "out of range in UTC"}) from error


Int = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Int64 = Annotated[Int, Field(json_schema_extra={"format": "int64"})]
PortalId = Annotated[int, Field(ge=-2, le=33)]
# PostgreSQL stores every character but this one.
Text = Annotated[str, StringConstraints(pattern=r"^[^\u0000]*$")]
ShortText = Annotated[Text, StringConstraints(max_length=255)]
EntryId = Annotated[Text, StringConstraints(min_length=1, max_length=128)]
# What may stand in a path as it is (RFC 3986, pchar), but not the dots that mean a folder.
OrderId = Annotated[
    str,
    StringConstraints(
        max_length=128,
        pattern=r"^[A-Za-z0-9._~!$&'()*+,;=:@-]*[A-Za-z0-9_~!$&'()*+,;=:@-]"
        r"[A-Za-z0-9._~!$&'()*+,;=:@-]*$",
    ),
]
Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(_in_utc),
    PlainSerializer(wire_time, return_type=str),
    Field(
        description="Datetime that enforces that a timezone is given. Unix timestamps are allowed "
        "and forced into the UTC time zone",
        json_schema_extra={"format": "date-time"},
    ),
]


def _not_too_long(data: dict[str, str]) -> dict[str, str]:
    length = sum(len(key) + len(value) for key, value in data.items())
    if length > CUSTOM_DATA_LENGTH:
        raise PydanticCustomError(
            "custom_data_too_long",
            "Keys and values should have at most {limit} characters together, not {length}",
            {"limit": CUSTOM_DATA_LENGTH, "length": length},
        )
    return data


# Every change of a record repeats it in the ledger.
CUSTOM_DATA_LENGTH = 4_096
CustomData = Annotated[dict[Text, Text], AfterValidator(_not_too_long)]


class Sort(StrEnum):
    ASC = "asc"
    DESC = "desc"


class RecordType(StrEnum):
    PERSISTENT = "persistent"
    TRANSIENT = "transient"
    ALWAYS_OWNED = "always_owned"


class DetailType(StrEnum):
    UNKNOWN = "unknown"
    INVENTORY_CHANGE = "inventory_change"
    DYNAMIC_BUNDLE_LTI = "dynamic_bundle_lti"
    CLAIM_PROMO_CODE = "claim_promo_code"
    RETURN_PROMO_CODE = "return_promo_code"
    NEW_ORDER = "new_order"


# --- What is ordered -----------------------------------------------------------------------


class PurchasePriceCurrency(BaseModel):
    """The purchase price currencies of an Item."""

    price_item_id: Int = Field(description="The Item used as the currency for the purchase.")
    price: Int = Field(description="The price of the Item.")


class PurchasePrice(BaseModel):
    price_item_id: Int | None = Field(
        None,
        description="The Item used as the currency for the purchase. Deprecated. Use currencies "
        "instead",
    )
    price: Int | None = Field(
        None, description="The price of the Item. Deprecated. Use currencies instead"
    )
    price_coupon_item_id: Int | None = Field(
        None, description="The Item used as the coupon for the purchase."
    )
    currencies: list[PurchasePriceCurrency] | None = Field(
        None, description="List of currencies for this purchase price"
    )


class EntryFields(BaseModel):
    """What an entry says about itself, sent or stored."""

    type: EntryType = Field(description="The type of entry.")
    loot_id: Int | None = Field(None, description="Unique Identifier for the Loot")
    quantity: Int = Field(description="Quantity of Inventory")
    vendor_version: Int64 | None = Field(
        None,
        description="Legacy version for the vendor owning the loot_id. Use vendor_etag instead.",
    )
    vendor_etag: ShortText | None = Field(
        None,
        description="Etag for the vendor owning the loot_id. Will fail the fulfillment if they do "
        "not match",
    )
    dynamic_bundle_loot_ids: list[Int] | None = Field(
        None, description="List of Loot IDs for the dynamic bundle."
    )
    purchase_price: PurchasePrice | None = Field(
        None,
        description="The purchase price of the Loot. Deprecated. Use the purchase_prices field "
        "instead",
    )
    external_tran_id: ShortText | None = Field(
        None,
        description="External Transaction Id for source of the acquisition or a promotion code to "
        "claim. Required for [PROMOTION_CODE] types",
    )
    external_item_sku: ShortText | None = Field(
        None, description="External item SKU for the Order Entry."
    )
    use_inventory_bucket: Bucket | None = Field(
        None, description="Inventory Bucket to use for the Order Entry."
    )
    player_portal_event_id: Int64 | None = Field(
        None, description="Player Portal Event Id for the Order Entry."
    )
    inventory_id: UUID | None = Field(None, description="Unique Identifier for the Inventory")
    legacy_inventory_id: Int64 | None = Field(
        None,
        description="Legacy Inventory Id. This is only used when type equals "
        "[UPDATE_EXISTING_PERSISTENT_INVENTORY, UPDATE_EXISTING_TRANSIENT_INVENTORY]",
    )
    item_id: Int | None = Field(
        None,
        description="Item Id used create or update Inventory directly. This is only used when type "
        "equals [CREATE_NEW_PERSISTENT_INVENTORY, CREATE_NEW_TRANSIENT_INVENTORY]",
    )
    expires: Timestamp | None = None
    custom_data: CustomData | None = Field(
        None,
        description="Custom Data Attributes for the Inventory. This is only used when type equals "
        "[CREATE_NEW_PERSISTENT_INVENTORY, UPDATE_EXISTING_PERSISTENT_INVENTORY, "
        "CREATE_NEW_TRANSIENT_INVENTORY, UPDATE_EXISTING_TRANSIENT_INVENTORY, UPDATE_INVENTORY]",
    )


class PlayerOrderEntryCreate(EntryFields):
    """Request to create a Player Order Entry."""

    entry_id: EntryId | None = Field(None, description="Unique Identifier for the Order Entry.")


def _entry_ids_unique(entries: list[PlayerOrderEntryCreate]) -> list[PlayerOrderEntryCreate]:
    times = Counter(entry.entry_id for entry in entries if entry.entry_id is not None)
    for entry_id, count in times.most_common(1):
        if count > 1:
            raise PydanticCustomError(
                "entry_id_not_unique",
                "Entry ids should be unique in the order, but '{entry_id}' is there {count} times",
                {"entry_id": entry_id, "count": count},
            )
    return entries


class OrderFields(BaseModel):
    """What a Player Order says about itself, sent or stored."""

    source: Source = Field(Source.CLIENT, description="The source of the Player Order.")
    client_order_ref_id: UUID | None = Field(
        None,
        description="Arbitrary UUID clients can use to track Orders between request to response.",
    )
    portal_id: PortalId | None = Field(
        None, description="Portal of the Portal User the Player Order belongs to."
    )
    portal_user_id: ShortText | None = Field(
        None, description="Portal User Id for the Player this Player Order belongs to."
    )
    instance_id: ShortText | None = Field(
        None, description="Instance Id for the Instance who submits the Player Order."
    )
    match_id: ShortText | None = Field(
        None, description="Match Id for the Match that generated the Player Order."
    )
    is_transaction: bool = Field(
        default=False,
        description="If an order is a transaction, any failed entries will roll back changes from "
        "all other entries.",
    )


class PlayerOrderCreate(OrderFields):
    """Create a new Player Order.

    Note: use_inventory_bucket will be ignored on the PlayerOrderEntryCreate if the source equals
    CLIENT.
    """

    order_id: OrderId | None = Field(None, description="Unique Identifier for the Order.")
    entries: Annotated[
        list[PlayerOrderEntryCreate],
        Field(min_length=1, max_length=settings.PLAYER_ORDER_MAX_ENTRIES),
        AfterValidator(_entry_ids_unique),
    ] = Field(description="List of Player Order Entries for the Player Order.")


# --- What became of it ---------------------------------------------------------------------


class InventoryRecord(BaseModel):
    inventory_id: UUID = Field(description="Unique ID for this Inventory Record.")
    type: RecordType = Field(description="Type of Inventory Record.")
    legacy_inventory_id: Int64 | None = Field(None, description="Legacy Inventory ID.")
    bucket: Bucket = Field(Bucket.NONE, description="Bucket for this Inventory Record.")
    count: Int = Field(description="Instance count for this Inventory Record.")
    acquired: Timestamp
    expires: Timestamp | None = None
    custom_data: dict[str, str] | None = Field(
        None, description="Arbitrary map of data for this Inventory Record."
    )


class PlayerInventoryChange(BaseModel):
    before_item_id: Int | None = Field(
        None, description="The Item ID of the Item before the change."
    )
    after_item_id: Int | None = Field(None, description="The Item ID of the Item after the change.")
    before: InventoryRecord | None = Field(
        None, description="The Inventory Record before the change."
    )
    after: InventoryRecord | None = Field(
        None, description="The Inventory Record after the change."
    )


class PlayerOrderDetail(BaseModel):
    """Represents details of what occurred in a Player Order Entry."""

    type: DetailType = Field(description="The type of detail.")
    loot_id: Int | None = Field(None, description="The Loot ID.")
    inv_change: PlayerInventoryChange | None = Field(
        None, description="The Inventory change that occurred as part of this detail."
    )
    order: PlayerOrderCreate | None = Field(
        None, description="Reference to the Player Order that this detail belongs to."
    )


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class PlayerOrderEntry(EntryFields):
    """Represents a line item in the Player Order and the results of the line item."""

    entry_id: str = Field(description="Unique Identifier for the Order Entry.")
    result: Result | SkipJsonSchema[None] = Field(
        None,
        description="Entry result type. Absent until the entry has been processed.",
        json_schema_extra=_without_default,
    )
    details: list[PlayerOrderDetail] = Field([], description="Details for the Order Entry.")


class PlayerOrder(OrderFields):
    """Represents a Player Order."""

    order_id: str = Field(description="Unique Identifier for the Order.")
    player_uuid: UUID = Field(description="Player UUID of the Player this Player Order belongs to.")
    created_time: Timestamp = Field(description="Time the Player Order was created.")
    entries: list[PlayerOrderEntry] = Field(
        description="List of Player Order Entries for the Player Order."
    )


# --- Lists ---------------------------------------------------------------------------------


class PageFields(BaseModel):
    starting_position: Timestamp | None = None
    cursor: str | None = Field(
        None,
        description="The cursor value pointing to the next page of results. If cursor is provided, "
        "starting_position is ignored",
    )
    sort: Sort = Field(Sort.ASC, description="The direction to search.")
    limit: int = Field(10, ge=1, le=50, description="The number of Orders to return")


class PlayerOrders(BaseModel):
    """A collection of Player Orders."""

    data: list[PlayerOrder] = Field([], description="A collection of Player Orders.")
    page: PageFields = Field(description="Page metadata for the Player Orders.")


# --- Many orders at once -------------------------------------------------------------------


class PlayerOrderForPlayer(PlayerOrderCreate):
    """A new Player Order and the player it is for, named by either id; the uuid has precedence."""

    player_id: Int | None = Field(None, description="Legacy integer id of the player.")
    player_uuid: UUID | None = Field(None, description="UUID of the player.")


class PlayerOrdersCreate(BaseModel):
    """Create new Player Orders for many players."""

    orders: list[PlayerOrderForPlayer] = Field(
        min_length=1,
        max_length=settings.PLAYER_ORDER_MAX_BULK_ORDERS,
        description="The orders, each for one player.",
    )


class FailedPlayerOrder(PlayerOrderForPlayer):
    """An order as it was sent, and why it was not accepted."""

    error_info: str = Field(description="Why the order was not accepted.")


class PlayerOrdersCreated(BaseModel):
    order_ids: list[str] = Field(description="The orders that were accepted, in the order sent.")
    failed_orders: list[FailedPlayerOrder] = Field(description="The orders that were not accepted.")


# --- Inventory -----------------------------------------------------------------------------


class InventoryFilter(BaseModel):
    item_ids: list[Int] | None = Field(None, description="Only the records of these items.")


class ItemRecords(BaseModel):
    records: dict[str, InventoryRecord] = Field(description="Inventory Records by inventory_id.")


class InventoryByItem(BaseModel):
    items: dict[str, ItemRecords] = Field(description="What is owned, by item_id.")


class PlayerInventory(BaseModel):
    """What a player owns. Records of count zero are kept; expired ones are not shown."""

    inventory: InventoryByItem


# --- Refusals ------------------------------------------------------------------------------


class HzApiErrorModel(BaseModel):
    auth_success: bool = True
    error_code: str
    desc: str


class ValidationError(BaseModel):
    loc: list[str | int]
    msg: str
    type: str


class HTTPValidationError(BaseModel):
    detail: list[ValidationError] = []
