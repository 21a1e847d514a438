"""From a validated body to the draft of an order that the services take."""

from uuid import UUID

from inventory.api.schemas.inventory import (
    CreateInventoryRequest,
    CreateInventoryRequests,
    CreateInventoryType,
    InventoryOperationFields,
    InventoryOrderFields,
    UpdatedInventoryFields,
    UpdateInventoryRequest,
    UpdateInventoryRequests,
)
from inventory.api.schemas.orders import PlayerOrderCreate, PlayerOrderEntryCreate
from inventory.fulfilment.vocabulary import EntryType
from inventory.services.accept_player_orders import EntryDraft, OrderDraft

ENTRY_COLUMNS = {"type", "quantity", "entry_id", "loot_id", "item_id", "inventory_id"}
CREATE_TYPES = {
    CreateInventoryType.PERSISTENT: EntryType.CREATE_NEW_PERSISTENT_INVENTORY,
    CreateInventoryType.TRANSIENT: EntryType.CREATE_NEW_TRANSIENT_INVENTORY,
}


def draft_of(order: PlayerOrderCreate) -> OrderDraft:
    return OrderDraft(
        source=order.source,
        client_order_ref_id=order.client_order_ref_id,
        portal_id=order.portal_id,
        portal_user_id=order.portal_user_id,
        instance_id=order.instance_id,
        match_id=order.match_id,
        is_transaction=order.is_transaction,
        order_id=order.order_id,
        entries=tuple(_entry_draft(entry) for entry in order.entries),
    )


def draft_of_creation(body: CreateInventoryRequests) -> OrderDraft:
    """One order with an entry for each record to create. It is no transaction."""
    return _inventory_draft(body, *(_creation(request) for request in body.inventory))


def draft_of_updates(body: UpdateInventoryRequests) -> OrderDraft:
    """One order with an entry for each record to update. It is no transaction."""
    return _inventory_draft(
        body, *(_update(request, request.inventory_id) for request in body.inventory)
    )


def draft_of_update(body: UpdateInventoryRequest, inventory_id: UUID) -> OrderDraft:
    return _inventory_draft(body, _update(body, inventory_id))


def _entry_draft(entry: PlayerOrderEntryCreate) -> EntryDraft:
    others = entry.model_dump(mode="json", exclude=ENTRY_COLUMNS)
    return EntryDraft(
        type=entry.type,
        quantity=entry.quantity,
        entry_id=entry.entry_id,
        loot_id=entry.loot_id,
        item_id=entry.item_id,
        inventory_id=entry.inventory_id,
        fields={name: value for name, value in others.items() if value is not None},
    )


def _inventory_draft(body: InventoryOrderFields, *entries: EntryDraft) -> OrderDraft:
    return OrderDraft(
        source=body.source, client_order_ref_id=body.client_order_ref_id, entries=entries
    )


def _creation(request: CreateInventoryRequest) -> EntryDraft:
    return EntryDraft(
        type=CREATE_TYPES[request.type],
        quantity=request.count,
        item_id=request.item_id,
        fields=_entry_fields(request),
    )


def _update(request: UpdatedInventoryFields, inventory_id: UUID) -> EntryDraft:
    return EntryDraft(
        type=EntryType.UPDATE_INVENTORY,
        quantity=request.count,
        item_id=request.item_id,
        inventory_id=inventory_id,
        fields=_entry_fields(request),
    )


def _entry_fields(request: InventoryOperationFields) -> dict[str, object]:
    sent = request.model_dump(mode="json", include={"bucket", "expires", "custom_data"})
    names = {"bucket": "use_inventory_bucket"}
    return {names.get(name, name): value for name, value in sent.items() if value is not None}
