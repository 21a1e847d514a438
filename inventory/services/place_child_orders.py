"""Place the orders that fulfilment asked for: rewards of levels, drops in orders of their own."""

from collections.abc import Iterator, Sequence

from inventory.fulfilment.orders import Entry, EntryOutcome, NewOrder, Rules, child_allowance
from inventory.models import PlayerOrder, PlayerOrderEntry
from inventory.services import accept_player_orders as accepting
from inventory.services.accept_player_orders import EntryDraft, OrderDraft
from inventory.services.plan_player_orders import Claimed


def place_child_orders(
    claimed: Claimed, outcomes: Sequence[Sequence[EntryOutcome]], *, rules: Rules
) -> int:
    """Accept every order that these outcomes ask for, and return how many.

    The children of an order share what is left of the orders that it may cause.

    In the transaction that writes the outcomes, which holds the rows of the players: their
    acceptance locks come after those.
    """
    children: list[accepting.NewOrder] = []
    for (order, entries), results in zip(claimed.items(), outcomes, strict=True):
        asked = list(_new_orders(entries, results))
        if asked:
            own = order.child_allowance
            share = child_allowance(rules.max_child_orders if own is None else own, len(asked))
            children += [child_order(order, *each, allowance=share) for each in asked]
    if children:
        accepted = accepting.accept_player_orders(children)
        if not all(is_new for _, is_new in accepted):
            raise RuntimeError("The id of a child order is in use.")
    return len(children)


def _new_orders(
    entries: Sequence[PlayerOrderEntry], results: Sequence[EntryOutcome]
) -> Iterator[tuple[PlayerOrderEntry, NewOrder]]:
    for entry, outcome in zip(entries, results, strict=True):
        for effect in outcome.effects:
            if isinstance(effect, NewOrder):
                yield entry, effect


def child_order(
    order: PlayerOrder, cause: PlayerOrderEntry, child: NewOrder, *, allowance: int | None = None
) -> accepting.NewOrder:
    """The child as it is to be stored: what is known of its parent's circumstances holds for it."""
    draft = OrderDraft(
        order_id=child.order_id,
        source=child.source,
        portal_id=order.portal_id,
        portal_user_id=order.portal_user_id,
        instance_id=order.instance_id,
        match_id=order.match_id,
        entries=tuple(_draft(position, entry) for position, entry in enumerate(child.entries)),
    )
    return accepting.new_order(
        draft,
        player_id=order.player_id,
        placed_by="system",
        permissions=frozenset({"loot"}),
        request_id=order.request_id,
        generation=order.generation + 1,
        caused_by_id=cause.pk,
        child_allowance=allowance,
    )


def _draft(position: int, entry: Entry) -> EntryDraft:
    """What the core may ask for: loot, with the parent's bucket and custom data."""
    fields = {
        "use_inventory_bucket": entry.use_inventory_bucket,
        "custom_data": entry.custom_data,
    }
    return EntryDraft(
        type=entry.type,
        quantity=entry.quantity,
        entry_id=str(position),
        loot_id=entry.loot_id,
        fields={name: value for name, value in fields.items() if value is not None},
    )
