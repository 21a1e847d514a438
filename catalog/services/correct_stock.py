from uuid import UUID

from catalog.errors import StockChanged, StockCorrectionInvalid
from catalog.models import Product, StockMovement
from catalog.services.lock_products import lock_products
from catalog.services.move_stock import record_movement
from players.services.lock_player import waiting_briefly

LARGEST_STOCK = 1_000_000_000


@waiting_briefly()
def correct_stock(  # noqa: PLR0913 - of what, how, from what, by whom, why, and which click
    *, product: Product, change: int, seen: int, by: str, note: str, operation_id: UUID
) -> StockMovement:
    """Make the stock what staff found it to be, by a movement that says who and why.

    Locks the product. The same operation again returns the movement that it made. Refused, in this
    order: StockCorrectionInvalid, StockChanged where the stock is not `seen` any more, StockShort
    where less would be left than is reserved; PlayerBusy where the lock is not free in time.
    """
    product = lock_products([product.pk])[product.pk]
    made = StockMovement.objects.filter(operation_id=operation_id).first()
    if made is not None and made.product_id == product.pk:
        return made
    if made is not None:
        raise StockCorrectionInvalid("This was done with another product: open the page again.")
    if not change:
        raise StockCorrectionInvalid(f"That changes nothing: there are {product.stock:,}.")
    if product.stock + change > LARGEST_STOCK:
        raise StockCorrectionInvalid(f"At most {LARGEST_STOCK:,} can be in stock.")
    if product.stock != seen:
        raise StockChanged(
            f"The stock has changed since: it was {seen:,}, it is {product.stock:,}.",
            stock=product.stock,
        )
    return record_movement(
        product,
        StockMovement.Kind.CORRECTION,
        stock_change=change,
        reserved_change=0,
        by=by,
        note=note,
        operation_id=operation_id,
    )
