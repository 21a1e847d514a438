"""What a list of rewards is narrowed to, and the streams that it is merged from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

from inventory.services.database import ask
from orders.models import Order

MAX_STREAMS = 2_000
# Ids that begin with fewer characters are met soon enough by walking down the list.
SELECTIVE = 3


STREAMS = """
    unnest(%(of_establishment)s::uuid[], %(of_product)s::uuid[], %(at_total)s::numeric[],
        %(with_status)s::text[]) AS stream (establishment_id, product_id, total, display_status)
"""
OF_ESTABLISHMENTS = "o.establishment_id = ANY(%(establishments)s)"
WITH_STATUS = "o.display_status = ANY(%(statuses)s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where something is searched: orders of one of the `products`, or with such an `id_prefix`."""

    establishments: Sequence[UUID]
    statuses: Sequence[str] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    products: Sequence[UUID] = ()
    id_prefix: str = ""

    @property
    def priced(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    @property
    def by_id(self) -> bool:
        """Whether few enough ids begin so to read them all."""
        return len(self.id_prefix) >= SELECTIVE

    @property
    def values(self) -> dict[str, Any]:
        """Of the queries' parameters."""
        digits = self.id_prefix.replace("-", "")
        return {
            "establishments": list(self.establishments),
            "products": list(self.products),
            "statuses": list(self.statuses),
            "minimum": Decimal(0) if self.minimum is None else self.minimum,
            "maximum": Decimal("Infinity") if self.maximum is None else self.maximum,
            "id_prefix": self.id_prefix,
            "first_id": UUID(digits.ljust(32, "0")),
            "last_id": UUID(digits.ljust(32, "f")),
        }


@dataclass(frozen=True, slots=True)
class Stream:
    """Orders of one establishment that are alike, as an index has them, newest first."""

    establishment_id: UUID
    product_id: UUID | None = None
    total: Decimal | None = None
    display_status: str | None = None


def read_streams(wanted: Wanted) -> list[Stream] | None:
    """The streams in which all of it is, and nothing else but for the id; None: too many."""
    products: Sequence[UUID | None] = wanted.products or [None]
    if len(wanted.establishments) * len(products) > MAX_STREAMS:
        return None
    streams = [Stream(*pair) for pair in product(wanted.establishments, products)]
    if wanted.priced:
        streams = _paid(wanted, streams)
    streams = _with_status(wanted, streams)
    return streams if len(streams) <= MAX_STREAMS else None


def whole_streams(wanted: Wanted) -> list[Stream]:
    """Those in which all of it is, and orders of other products and prices too."""
    everything = replace(wanted, products=(), minimum=None, maximum=None)
    return _with_status(everything, [Stream(pk) for pk in wanted.establishments])


def _with_status(wanted: Wanted, streams: Sequence[Stream]) -> list[Stream]:
    if not (wanted.statuses or wanted.products or wanted.priced):
        return list(streams)
    statuses = wanted.statuses or Order.DisplayStatus.values
    return [replace(stream, display_status=status) for stream, status in product(streams, statuses)]


def merged(streams: Sequence[Stream], conditions: Sequence[str]) -> str:
    """The first rows of each stream that are so."""
    if not streams:
        return "SELECT created_at, transaction_id FROM orders_order WHERE false"
    conditions = [*conditions, "o.kind = 'reward'"]
    conditions += [
        f"o.{column} = stream.{column}"
        for column in ("establishment_id", "product_id", "total", "display_status")
        if getattr(streams[0], column) is not None
    ]
    return f"""
        SELECT o.created_at, o.transaction_id FROM {STREAMS} CROSS JOIN LATERAL (
            SELECT o.created_at, o.transaction_id FROM orders_order AS o
            WHERE {" AND ".join(conditions)}
            ORDER BY o.created_at DESC, o.transaction_id LIMIT %(enough)s
        ) AS o
    """  # noqa: S608


def one_by_one(
    wanted: Wanted, conditions: Sequence[str] = (), *, table: str = "orders_order"
) -> str:
    """All rows that are so, in no order."""
    conditions = ["o.kind = 'reward'", OF_ESTABLISHMENTS, *conditions, *within(wanted)]
    if wanted.statuses:
        conditions.append(WITH_STATUS)
    return f"""
        SELECT o.created_at, o.transaction_id FROM {table} AS o
        WHERE {" AND ".join(conditions)}
    """  # noqa: S608


def with_id(wanted: Wanted, conditions: Sequence[str]) -> str:
    """All rows whose id begins so and that are so otherwise, whatever their product."""
    found = one_by_one(replace(wanted, products=()), conditions, table="begun")
    # Materialized: the planner cannot tell how few ids begin so, and might walk the list.
    return f"""(
        WITH begun AS MATERIALIZED (
            SELECT * FROM orders_order WHERE transaction_id BETWEEN %(first_id)s AND %(last_id)s
        ) {found}
    )"""  # noqa: S608


def within(wanted: Wanted) -> list[str]:
    """The conditions for which `whole_streams` are too wide."""
    conditions = []
    if wanted.products:
        conditions.append("o.product_id = ANY(%(products)s)")
    if wanted.priced:
        conditions.append("o.total BETWEEN %(minimum)s AND %(maximum)s")
    return conditions


def arrays_of(streams: Sequence[Stream]) -> dict[str, Any]:
    """The parameters of `merged`."""
    return {
        "of_establishment": [stream.establishment_id for stream in streams],
        "of_product": [stream.product_id for stream in streams],
        "at_total": [stream.total for stream in streams],
        "with_status": [stream.display_status for stream in streams],
    }


def _paid(wanted: Wanted, streams: Sequence[Stream]) -> list[Stream]:
    """A stream for each price that was ever paid, up to one more than is of use.

    Goes from each price to the next by an index, past all the orders in between.
    """
    of_product = "AND o.product_id = stream.product_id" if wanted.products else ""
    lowest = f"""
        SELECT min(o.total) FROM orders_order AS o
        WHERE o.kind = 'reward' AND o.establishment_id = stream.establishment_id {of_product}
    """  # noqa: S608
    rows = ask(
        f"""
        WITH RECURSIVE paid AS (
            SELECT stream.establishment_id, stream.product_id,
                ({lowest} AND o.total >= %(minimum)s) AS total
            FROM {STREAMS}
            UNION ALL
            SELECT stream.establishment_id, stream.product_id,
                ({lowest} AND o.total > stream.total)
            FROM paid AS stream WHERE stream.total <= %(maximum)s
        )
        SELECT * FROM paid WHERE total <= %(maximum)s LIMIT %(too_many)s
        """,  # noqa: S608
        wanted.values | arrays_of(streams) | {"too_many": MAX_STREAMS + 1},
    )
    return [Stream(*row) for row in rows]
