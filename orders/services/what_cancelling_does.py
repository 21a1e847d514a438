"""What cancelling an order would do: asked before it is confirmed, and again under the locks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

import orjson

from catalog.models import Product, StockMovement
from config.errors import Refusal
from inventory.errors import OrdersWaiting
from inventory.models import PlayerOrder
from inventory.services.undo_player_order import (
    Policy,
    Undoing,
    what_undoing_does,
)
from orders.cancelling import Cancelling, Coins, LootPolicy, Stock
from orders.errors import LootNotTaken, WrongState
from orders.models import Order, OrderLine, Payment, PaymentGateway
from orders.models.orders import is_no_completed_sale
from orders.services.move_payment import refundable_amount
from orders.services.shown_amounts import shown_coins, shown_money, shown_paid
from orders.services.write_mail import address_of

Kind = StockMovement.Kind
Units = OrderLine.Stock


class Fate(NamedTuple):
    """Where the units of a line go, and the movement that takes them there."""

    line: OrderLine
    units: OrderLine.Stock
    movement: StockMovement.Kind | None


# What was taken is out of stock already: to write it off moves nothing.
FATES = {
    (Units.HELD, True): (Units.RELEASED, Kind.RELEASE),
    (Units.HELD, False): (Units.WRITTEN_OFF, Kind.WRITE_OFF),
    (Units.TAKEN, True): (Units.RETURNED, Kind.RETURN),
    (Units.TAKEN, False): (Units.WRITTEN_OFF, None),
}
SAID = {
    Units.RELEASED: "no longer held, and free for others",
    Units.RETURNED: "returned to stock",
    Units.WRITTEN_OFF: "written off: not returned to stock",
}
POLICIES = {
    LootPolicy.TAKE_BACK: Policy.REFUSE,
    LootPolicy.TAKE_WHAT_IS_LEFT: Policy.TAKE_WHAT_IS_LEFT,
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What would be done, in sentences, or why it would be refused.

    `seen` changes with anything that is shown or decided on; it is empty where it is refused.
    """

    lines: list[str]
    refusal: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What cancelling does; `coins`: how much of what was paid goes back, in coins or money."""

    coins: Decimal
    fates: list[Fate] = field(default_factory=list)
    undoings: list[tuple[PlayerOrder, Undoing]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def why_not_cancelled(order: Order) -> str:
    """Why the order cannot be cancelled whatever is chosen; empty: it can, as far as it knows."""
    if order.status == Order.Status.CANCELLED:
        return "It is cancelled already."
    if order.status == Order.Status.REFUNDED:
        return "It is refunded already."
    if not is_no_completed_sale(order):
        return "It is completed: what was sold is not taken back, only the money can be refunded."
    return ""


def what_cancelling_does(order: Order, how: Cancelling) -> Effect:
    """Look without a lock, and change nothing.

    It reads `order.player`, `.delivery`, `.lines` with `.product` and `.player_order`, of a sale
    `.payments` and `.gateway`; only loot that was given asks for more.
    """
    try:
        plan = plan_cancelling(order, how)
    except Refusal as refusal:
        return Effect([], refusal=refusal.message)
    return Effect([*what_giving_up_does(order), *plan.lines], seen=seen_of(order, how, plan))


def what_giving_up_does(order: Order) -> list[str]:
    """Of a payment that may still take money, which whoever cancels a sale gives up first."""
    charge = live_charge_of(order) if order.is_sale else None
    if charge is None or charge.status == Payment.Status.COMPLETED:
        return []
    amount = shown_money(charge.amount, charge.currency)
    if charge.status == Payment.Status.AUTHORIZED:
        return [f"{amount} of the buyer's money is set aside: that is given up first."]
    said = f"A payment of {amount} is on its way: it is given up first."
    return [f"{said} If it turns out to be paid, nothing else is done, and you are asked again."]


def live_charge_of(order: Order) -> Payment | None:
    """The charge that has taken money, or still may; asks nothing where payments are at hand."""
    charges = (each for each in order.payments.all() if each.kind == Payment.Kind.CHARGE)
    return next((charge for charge in charges if charge.status in Payment.LIVE), None)


def plan_cancelling(order: Order, how: Cancelling) -> Plan:
    """What is to be done, if nothing changes. Refused with WrongState, RefundTooHigh and the like.

    Balances and counts are not part of it: of many orders of a player or a product, each does what
    was shown, also after the others.
    """
    if why_not := why_not_cancelled(order):
        raise WrongState(why_not)
    if how.of is not None and order.status != how.of:
        raise WrongState(f"It is {order.get_status_display().lower()}, not {how.of.label.lower()}.")
    plan = Plan(_coins(order, how))
    plan.lines.append(_coins_said(order, plan.coins))
    for line in sorted(order.lines.all(), key=lambda line: line.position):
        if fate := _fate(order, line, how):
            plan.fates.append(fate)
            plan.lines.append(_fate_said(fate))
        if line.player_order is not None:
            undoing = _undoing(line.player_order, how.loot)
            if any(each.moves for each in undoing.reversals):
                plan.undoings.append((line.player_order, undoing))
            plan.lines.extend(_loot_said(line.player_order, undoing))
    plan.lines.append(who_is_told(order, notify=how.notify))
    return plan


def seen_of(order: Order, how: Cancelling, plan: Plan) -> str:
    """The digest of what is shown, how it was chosen, and what it was decided on."""
    chosen = [how.coins, shown_coins(plan.coins), how.stock, how.loot, how.notify]
    facts = [
        order.pk,
        order.status,
        order.display_status,
        shown_coins(order.charged),
        shown_coins(order.refunded),
        order.delivery.captured_at,
        order.delivery.tracking_number,
        [(line.pk, line.status, line.stock) for line, *_ in plan.fates],
        [(player_order.pk, player_order.state) for player_order, _ in plan.undoings],
        chosen,
        plan.lines,
    ]
    return sha256(orjson.dumps(facts)).hexdigest()


def _coins(order: Order, how: Cancelling) -> Decimal:
    if how.coins == Coins.PART:
        return refundable_amount(order, how.amount)
    return order.refundable if how.coins == Coins.ALL else Decimal(0)


def _coins_said(order: Order, coins: Decimal) -> str:
    if not order.charged:
        nothing = "No money goes back" if order.is_sale else "No coins go back to the player"
        return f"{nothing}: nothing was paid."
    said = share_of(order, coins)
    if order.refunded:
        said += f"; {shown_paid(order, order.refunded)} went back before"
    return f"{said}."


def share_of(order: Order, amount: Decimal) -> str:
    """How much of what was paid goes back, as a sentence begins."""
    if order.is_sale:
        return _share_of_money(order, amount)
    paid = f"{shown_coins(order.charged)} coins that were paid"
    if not amount:
        share = f"None of the {paid}"
    elif amount == order.charged:
        share = f"All {paid}"
    else:
        share = f"{shown_coins(amount)} of the {paid}"
    return f"{share} go back to the player"


def _share_of_money(order: Order, amount: Decimal) -> str:
    paid = f"{shown_money(order.charged, order.currency)} that was paid"
    if not amount:
        return f"Nothing of the {paid} goes back to the buyer"
    share = f"All {paid}"
    if amount != order.charged:
        share = f"{shown_money(amount, order.currency)} of the {paid}"
    gateway = _gateway_that_took(order)
    if gateway is None or gateway.kind == PaymentGateway.Kind.OFFLINE:
        return f"{share} is to be paid back to the buyer by hand"
    return f"{share} goes back to the buyer through {gateway}"


def _gateway_that_took(order: Order) -> PaymentGateway | None:
    """The order's own, or the one that stands for what was paid by hand."""
    charge = live_charge_of(order)
    if charge is None or charge.gateway != order.gateway_id:
        return None
    return order.gateway


def _fate(order: Order, line: OrderLine, how: Cancelling) -> Fate | None:
    sent = bool(order.delivery.tracking_number)
    back = how.stock == Stock.RETURN or (how.stock == Stock.RETURN_UNLESS_SENT and not sent)
    if line.status == OrderLine.Status.CANCELLED:
        return None
    found = FATES.get((Units(line.stock), back))
    return None if found is None else Fate(line, *found)


def _fate_said(fate: Fate) -> str:
    line, units, _ = fate
    said = f"{line} is {SAID[units]}."
    if line.product.status != Product.Status.ACTIVE:
        said += f" The product is {Product.Status(line.product.status).name.lower()}."
    return said


def _undoing(given: PlayerOrder, loot: LootPolicy) -> Undoing:
    """What becomes of the loot. Of what was undone already, or spent, there is nothing to take."""
    if loot == LootPolicy.LEAVE:
        return Undoing((), "It is left to the player.")
    if given.state != PlayerOrder.State.DONE:
        raise OrdersWaiting("The loot is still being given to the player. Try again in a moment.")
    undoing = what_undoing_does(given, POLICIES[loot])
    if loot == LootPolicy.TAKE_BACK and undoing.reversals and undoing.refusal:
        raise LootNotTaken(_not_taken(undoing))
    return undoing


def _not_taken(undoing: Undoing) -> str:
    lost = [
        f"{each.record.item}: {'; '.join(each.lost)}." for each in undoing.reversals if each.lost
    ]
    lines = lost or [undoing.refusal]
    return " ".join([*lines, "Take back what is left, or leave the loot to the player."])


def _loot_said(given: PlayerOrder, undoing: Undoing) -> Iterator[str]:
    if not undoing.reversals:
        yield f"No loot is taken back. {undoing.refusal}"
    for each in undoing.reversals:
        change = each.count - each.record.count
        if change:
            said = "Given back to the player" if change > 0 else "Taken from the player"
            said += f": {abs(change):,} × {each.record.item}"
        else:
            said = f"{each.record.item}: " + ("changed back" if each.moves else "nothing is taken")
        yield "; ".join([said, *each.lost]) + "."
    if undoing.reversals:
        led_to = PlayerOrder.objects.filter(caused_by__order=given).count()
        if led_to:
            yield f"The loot led to further orders ({led_to}): what they did stays."


def who_is_told(order: Order, *, notify: bool) -> str:
    """Of what is announced."""
    who = "buyer" if order.is_sale else "player"
    if order.establishment_id is None:
        return f"The {who} is told by mail." if notify and address_of(order) else "Nobody is told."
    if notify and address_of(order):
        return f"The {who} is told by mail, the establishment by webhook."
    if notify:
        return f"The establishment is told by webhook. The {who} has no e-mail address."
    return f"The establishment is told by webhook, the {who} is not told."
