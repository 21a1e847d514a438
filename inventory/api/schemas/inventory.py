"""What a player owns, and requests to create or change records directly."""

from enum import StrEnum
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, Field

from catalog.models import Bucket
from inventory.api.schemas.values import CustomData, Int, Int64, Timestamp
from inventory.fulfilment.vocabulary import Source


class RecordType(StrEnum):
    PERSISTENT = "persistent"
    TRANSIENT = "transient"
    ALWAYS_OWNED = "always_owned"


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


class InventoryFilter(BaseModel):
    item_ids: list[Int] | None = Field(None, description="Only the records of these items.")


class ItemRecords(BaseModel):
    records: dict[str, InventoryRecord] = Field(description="Inventory Records by inventory_id.")


class InventoryByItem(BaseModel):
    items: dict[str, ItemRecords] = Field(description="What is owned, by item_id.")


class ItemLevel(BaseModel):
    """How far the player is with an item that counts as XP."""

    item_id: Int = Field(description="The item that counts as XP.")
    level: int = Field(description="The level reached; 0 is below the first.")
    count: Int = Field(description="The XP, of all shown records of the item together.")
    count_for_next_level: Int | None = Field(
        None, description="The XP at which the next level is reached; null at the last."
    )


class PlayerInventory(BaseModel):
    """What a player owns. Records of count zero are kept; expired ones are not shown.

    Transient ones are those of the open session.
    """

    inventory: InventoryByItem
    levels: list[ItemLevel] = Field([], description="The levels of items with an XP table.")


class CreateInventoryType(StrEnum):
    PERSISTENT = "persistent"
    TRANSIENT = "transient"


class InventoryOperationFields(BaseModel):
    """What a record is to be."""

    bucket: Bucket | None = Field(
        None,
        description="Inventory Bucket for this Inventory Operation. Ignored if the source equals "
        "CLIENT. If not given: that of the player's platform for a new record, the same as before "
        "for an existing one.",
    )
    count: Int = Field(1, description="Count for this Inventory Operation.")
    expires: Timestamp | None = None
    custom_data: CustomData | None = Field(
        None,
        description="Arbitrary data map that can be set to add additional data to Inventory.",
    )


class CreateInventoryRequest(InventoryOperationFields):
    """Request to Create a new Inventory."""

    item_id: Int
    type: CreateInventoryType = CreateInventoryType.PERSISTENT


class UpdatedInventoryFields(InventoryOperationFields):
    """What an existing record is to be from now on."""

    item_id: Int | None = Field(
        None,
        description="Item ID for this Inventory Operation. If the Item ID is not set during an "
        "Update Inventory Request, then the Item ID will not be modified on the existing Inventory "
        "Record.",
    )


class UpdateInventoryRequestById(UpdatedInventoryFields):
    """Request to Update Inventory by an existing Inventory ID.

    If the Inventory entry does not exist, then the request will fail.
    """

    inventory_id: UUID = Field(description="Inventory ID for this Inventory Operation.")


class InventoryOrderFields(BaseModel):
    """What the order says about itself that the request is translated into."""

    source: Source = Field(Source.CLIENT, description="Source of this Inventory Operation.")
    client_order_ref_id: UUID | None = Field(
        None,
        description="Arbitrary UUID that can be used by clients to correlate Order requests with "
        "Order responses.",
    )


class CreateInventoryRequests(InventoryOrderFields):
    """Collection of Create Inventory Requests, processed in the order they are specified.

    Partial success is possible as each request is processed individually.
    """

    inventory: list[CreateInventoryRequest] = Field(
        min_length=1, max_length=settings.PLAYER_ORDER_MAX_ENTRIES
    )


class UpdateInventoryRequest(InventoryOrderFields, UpdatedInventoryFields):
    """Request to Update an existing Inventory entry.

    If the Inventory entry does not exist, then the request will fail.
    """


class UpdateInventoryRequests(InventoryOrderFields):
    """Collection of Update Inventory Requests, processed in the order they are specified.

    Partial success is possible as each request is processed individually.
    """

    inventory: list[UpdateInventoryRequestById] = Field(
        min_length=1,
        max_length=settings.PLAYER_ORDER_MAX_ENTRIES,
        description="Collection of Update Inventory Requests.",
    )
