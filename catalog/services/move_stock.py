"""The one way in which stock moves: the product's counts and the movement that explains them."""

from typing import NamedTuple
from uuid import UUID

from catalog.errors import StockShort
from catalog.models import Product, StockMovement

Kind = StockMovement.Kind


class Change(NamedTuple):
    """What moving one unit does."""

    stock: int
    reserved: int


CHANGES = {
    Kind.HOLD: Change(0, +1),
    Kind.RELEASE: Change(0, -1),
    Kind.TAKE: Change(-1, -1),
    Kind.RETURN: Change(+1, 0),
    Kind.WRITE_OFF: Change(-1, -1),
}


def move_stock(  # noqa: PLR0913 - what moves, how, for what, by whom and why
    product: Product, kind: Kind, *, quantity: int, order_line_id: int, by: str, note: str = ""
) -> StockMovement:
    """Move so many units for the line of an order; the caller holds the product's lock.

    Refused with StockShort where fewer are available (to hold them) or there. A line moves once in
    each way: a constraint refuses the second.
    """
    change = CHANGES[kind]
    return record_movement(
        product,
        kind,
        stock_change=change.stock * quantity,
        reserved_change=change.reserved * quantity,
        order_line_id=order_line_id,
        by=by,
        note=note,
    )


def record_movement(  # noqa: PLR0913 - what moved, for what, by whom and why
    product: Product,
    kind: Kind,
    *,
    stock_change: int,
    reserved_change: int,
    by: str,
    order_line_id: int | None = None,
    note: str = "",
    operation_id: UUID | None = None,
) -> StockMovement:
    """Write the counts and the movement; refused where fewer units than reserved would be there."""
    stock, reserved = product.stock + stock_change, product.reserved + reserved_change
    if not 0 <= reserved <= stock:
        raise StockShort(
            f"{product}: {product.stock} in stock, {product.reserved} of them reserved",
            stock=product.stock,
            reserved=product.reserved,
        )
    product.stock, product.reserved = stock, reserved
    product.save(update_fields=["stock", "reserved"])
    return StockMovement.objects.create(
        product=product,
        kind=kind,
        stock_change=stock_change,
        reserved_change=reserved_change,
        stock=stock,
        reserved=reserved,
        order_line_id=order_line_id,
        by=by,
        note=note,
        operation_id=operation_id,
    )
