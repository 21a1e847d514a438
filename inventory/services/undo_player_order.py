"""Undo a done order by another one that takes back what it gave, and gives back what it took."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from inventory.errors import InventoryMoved, OrderIdTaken, OrderNotUndone, OrdersWaiting
from inventory.explanations import RESULTS
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder
from inventory.reversals import Reversal, net_changes, reversal_of
from inventory.services.accept_player_orders import EntryDraft
from inventory.services.database import database_time
from inventory.services.hold_player import hold_player
from inventory.services.place_staff_order import place_staff_order


class Policy(StrEnum):
    """What is done where part of the goods is no longer there."""

    REFUSE = "refuse"
    TAKE_WHAT_IS_LEFT = "take_what_is_left"


@dataclass(frozen=True, slots=True)
class Undoing:
    """What would be done to each record, and why it would not be; empty: it would."""

    reversals: Sequence[Reversal]
    refusal: str = ""

    @property
    def seen(self) -> str:
        """Changes with anything that undoing depends on or does."""
        told = [
            (each.record.pk, change.before, change.after, each.lost)
            for each in self.reversals
            for change in [each.as_change()]
        ]
        return sha256(orjson.dumps(told)).hexdigest()


def why_not_undone(order: PlayerOrder) -> str:
    """Why the order can never be undone, or not any more; empty: it can, as far as it knows."""
    if order.state != PlayerOrder.State.DONE:
        return "It is not done yet."
    if order.undoes_id is not None:
        return "It undoes another order itself."
    if PlayerOrder.objects.filter(undoes=order).exists():
        return "It has been undone already."
    if not net_changes(_changes_of(order)):
        return "It changed nothing that the player has."
    return ""


def what_undoing_does(order: PlayerOrder, policy: Policy) -> Undoing:
    """Look without a lock, and change nothing. Child orders and uses of codes are left alone."""
    if why_not := why_not_undone(order):
        return Undoing((), why_not)
    net = net_changes(_changes_of(order))
    records = InventoryRecord.objects.select_related("item").in_bulk(list(net))
    now = database_time()
    reversals = [reversal_of(records[pk], *ends, now=now) for pk, ends in net.items()]
    lost = [
        f"{each.record.item}, record {each.record.pk}: {reason}."
        for each in reversals
        for reason in each.lost
    ]
    refusal = ""
    if lost and policy is Policy.REFUSE:
        refusal = "\n".join(["Not all of it can be taken back.", *lost])
    elif not any(each.moves for each in reversals):
        refusal = "\n".join(["Nothing is left to take back.", *lost])
    return Undoing(reversals, refusal)


@transaction.atomic
def undo_player_order(  # noqa: PLR0913 - what, how, as seen, by whom and why
    *,
    order: PlayerOrder,
    policy: Policy,
    seen: str,
    placed_by: str,
    reason: str,
    order_id: UUID,
    request_id: str = "",
) -> PlayerOrder:
    """Place and do the REFUND order that undoes this one, if all still is as it was seen.

    `seen` is that of the `Undoing` that was shown. Asked and done under the player's locks, as a
    transaction: all of it happens, or it is refused and not even the order is stored. The same
    order id undoes once, and an order is undone once.
    """
    hold_player(order.player_id)
    if stored := PlayerOrder.objects.filter(order_id=str(order_id)).first():
        if stored.undoes_id == order.pk:
            return stored
        raise OrderIdTaken("The order id is in use.", order_id=str(order_id))
    if PlayerOrder.objects.waiting().filter(player=order.player_id).exists():
        raise OrdersWaiting("Orders of this player are waiting to be done. Try again in a moment.")
    order = PlayerOrder.objects.select_related("player").get(pk=order.pk)
    undoing = what_undoing_does(order, policy)
    if undoing.refusal:
        raise OrderNotUndone(undoing.refusal)
    if undoing.seen != seen:
        raise InventoryMoved("What would be taken back has changed meanwhile. Look at it again.")
    undone = place_staff_order(
        player=order.player,
        entries=tuple(_entry(each) for each in undoing.reversals if each.moves),
        source=Source.REFUND,
        placed_by=placed_by,
        reason=reason,
        order_id=order_id,
        request_id=request_id,
        is_transaction=True,
        undoes=order,
    )
    if undone.outcome != PlayerOrder.Outcome.SUCCEEDED:
        raise OrderNotUndone(_why(undone))
    return undone


def _changes_of(order: PlayerOrder) -> Iterable[InventoryChange]:
    return InventoryChange.objects.filter(entry__order=order).order_by("pk")


def _entry(reversal: Reversal) -> EntryDraft:
    record = reversal.record
    fields: dict[str, Any] = {"expires": reversal.expires and reversal.expires.isoformat()}
    if reversal.bucket != record.bucket:
        fields["use_inventory_bucket"] = reversal.bucket
    if reversal.custom_data != record.custom_data:
        fields["custom_data"] = reversal.custom_data or {}
    return EntryDraft(
        type=EntryType.UPDATE_INVENTORY,
        inventory_id=record.pk,
        item_id=reversal.item_id if reversal.item_id != record.item_id else None,
        quantity=reversal.count,
        fields={name: value for name, value in fields.items() if value is not None},
    )


def _why(undone: PlayerOrder) -> str:
    results = undone.entries.exclude(result__in=[Result.ROLLBACK, Result.NOT_STARTED])
    result = results.values_list("result", flat=True).first()
    meaning = RESULTS[Result(result)] if result else "The order could not be done at once."
    return f"Nothing was changed. {meaning}" + (f" ({result})" if result else "")
