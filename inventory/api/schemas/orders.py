"""Orders as the documents of the player orders API name and describe them.

What comes in is validated by these models. What goes out is built from rows (bodies.py): for it the
models are the documentation.
"""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from pydantic import AfterValidator, BaseModel, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from catalog.models import Bucket
from inventory.api.schemas.inventory import InventoryRecord
from inventory.api.schemas.values import (
    CustomData,
    EntryId,
    Int,
    Int64,
    OrderId,
    PortalId,
    ShortText,
    Timestamp,
)
from inventory.fulfilment.vocabulary import EntryType, Result, Source


class DetailType(StrEnum):
    UNKNOWN = "unknown"
    INVENTORY_CHANGE = "inventory_change"
    DYNAMIC_BUNDLE_LTI = "dynamic_bundle_lti"
    CLAIM_PROMO_CODE = "claim_promo_code"
    RETURN_PROMO_CODE = "return_promo_code"
    NEW_ORDER = "new_order"


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


class SimulateField(BaseModel):
    simulate: bool = Field(
        default=False,
        description="Only answer what the order would do now; nothing is done or kept. Takes the "
        "scope `inv:simulate`.",
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
