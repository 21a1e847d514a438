"""From a validated body to the draft of an order that the services take."""

from inventory.api.schemas import PlayerOrderCreate, PlayerOrderEntryCreate
from inventory.services.place_player_order import EntryDraft, OrderDraft

ENTRY_COLUMNS = {"type", "quantity", "entry_id", "loot_id", "item_id", "inventory_id"}


def draft_of(order: PlayerOrderCreate, *, order_id: str | None) -> OrderDraft:
    """`order_id` is used if the order does not bring its own; None has one made."""
    return OrderDraft(
        source=order.source,
        client_order_ref_id=order.client_order_ref_id,
        portal_id=order.portal_id,
        portal_user_id=order.portal_user_id,
        instance_id=order.instance_id,
        match_id=order.match_id,
        is_transaction=order.is_transaction,
        order_id=order.order_id or order_id,
        entries=tuple(_entry_draft(entry) for entry in order.entries),
    )


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
