"""Finding the rewards that a list shows, newest first, without reading many that it does not show.

What is wanted is cut into streams: the orders of one establishment, where asked for of one product
and at one price, with one display status. An index has each stream in the order of the list; the
first rows of all streams, merged, are the page, however rare they are. So prices are not a range
here but those that were ever paid within it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from inventory.services.database import ask
from orders.models import Order

COUNTED = 10_000
# Where more prices were paid than this, they are a range after all.
MAX_STREAMS = 5_000
# Ids that begin with fewer characters are met soon enough by walking down the list.
SELECTIVE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to.

    Where something is searched: an order of one of the `products`, each with an establishment that
    it is offered to, or one whose transaction id begins with `id_prefix`.
    """

    establishments: Sequence[UUID]
    statuses: Sequence[str] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    products: Sequence[tuple[UUID, UUID]] = ()
    id_prefix: str = ""

    @property
    def by_price(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    @property
    def by_id(self) -> bool:
        """Whether few enough ids begin so to read them all."""
        return len(self.id_prefix) >= SELECTIVE


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order stands in the list."""

    created_at: datetime
    transaction_id: UUID


@dataclass(frozen=True, slots=True)
class Stream:
    """Orders that an index has one after another, with each display status for itself."""

    establishment_id: UUID
    product_id: UUID | None = None
    total: Decimal | None = None


def find_rewards(wanted: Wanted, *, after: Place | None, offset: int, limit: int) -> list[Place]:
    """The places that follow `offset` others, counted from a place or from the top."""
    branches, values = _branches(wanted, after=after)
    rows = ask(
        f"SELECT created_at, transaction_id FROM ({' UNION '.join(branches)}) AS found"  # noqa: S608
        " ORDER BY created_at DESC, transaction_id LIMIT %(limit)s OFFSET %(offset)s",
        values | {"enough": offset + limit, "limit": limit, "offset": offset},
    )
    return [Place(*row) for row in rows]


def count_rewards(wanted: Wanted) -> tuple[int, bool]:
    """How many there are, and whether that is an estimate: the planner's, where there are many."""
    if wanted.id_prefix and not wanted.by_id:
        return _count_walking(wanted)
    branches, values = _branches(wanted)
    limited = " UNION ".join(f"({branch} LIMIT %(enough)s)" for branch in branches)
    [(counted,)] = ask(
        f"SELECT count(*) FROM ({limited}) AS found",  # noqa: S608
        values | {"enough": COUNTED + 1},
    )
    if counted <= COUNTED:
        return counted, False
    return max(counted, _expected(wanted)), True


def _count_walking(wanted: Wanted) -> tuple[int, bool]:
    """Read the first of all there are; ids are random, so each character leaves a sixteenth."""
    everything = replace(wanted, id_prefix="")
    [branch], values = _branches(everything)
    [(read, counted)] = ask(
        f"SELECT count(*), count(*) FILTER (WHERE {ID_BEGINS})"  # noqa: S608
        f" FROM ({branch} LIMIT %(enough)s) AS o",
        values | {"enough": COUNTED + 1, "id_prefix": wanted.id_prefix},
    )
    if read <= COUNTED:
        return counted, False
    return max(counted, _expected(everything) // 16 ** len(wanted.id_prefix)), True


def _expected(wanted: Wanted) -> int:
    orders = Order.objects.rewards().filter(establishment__in=wanted.establishments)
    if wanted.statuses:
        orders = orders.filter(display_status__in=wanted.statuses)
    if wanted.minimum is not None:
        orders = orders.filter(total__gte=wanted.minimum)
    if wanted.maximum is not None:
        orders = orders.filter(total__lte=wanted.maximum)
    if wanted.products:
        orders = orders.filter(product__in={product for _, product in wanted.products})
    [plan] = orjson.loads(orders.values("pk").explain(format="json"))
    return plan["Plan"]["Plan Rows"]


ID_BEGINS = "o.transaction_id::text LIKE %(id_prefix)s || '%%'"
PRICED = "o.total BETWEEN %(minimum)s AND %(maximum)s"
AFTER = (
    "o.created_at <= %(after_time)s"
    " AND (o.created_at < %(after_time)s OR o.transaction_id > %(after_id)s)"
)


def _branches(wanted: Wanted, *, after: Place | None = None) -> tuple[list[str], dict[str, Any]]:
    """The queries whose union is wanted, each with the first `enough` rows of it at least."""
    values: dict[str, Any] = {
        "establishments": list(wanted.establishments),
        "statuses": list(wanted.statuses or Order.DisplayStatus.values),
        "minimum": Decimal(0) if wanted.minimum is None else wanted.minimum,
        "maximum": Decimal("Infinity") if wanted.maximum is None else wanted.maximum,
        "id_prefix": wanted.id_prefix,
    }
    conditions = ["o.kind = 'reward'"]
    if after:
        conditions.append(AFTER)
        values |= {"after_time": after.created_at, "after_id": after.transaction_id}
    branches = []
    if wanted.by_id:
        digits = wanted.id_prefix.replace("-", "")
        values |= {"first_id": UUID(digits.ljust(32, "0")), "last_id": UUID(digits.ljust(32, "f"))}
        branches.append(_by_id(wanted, conditions))
    elif wanted.id_prefix:
        conditions.append(ID_BEGINS)
    if wanted.products or not wanted.by_id:
        branches.append(_by_streams(wanted, conditions, values))
    return branches, values


def _by_id(wanted: Wanted, conditions: Sequence[str]) -> str:
    conditions = [*conditions, "o.establishment_id = ANY(%(establishments)s)"]
    if wanted.statuses:
        conditions.append("o.display_status = ANY(%(statuses)s)")
    if wanted.by_price:
        conditions.append(PRICED)
    # Materialized: the planner cannot tell how few ids begin so, and might walk the list.
    return f"""(
        WITH begun AS MATERIALIZED (
            SELECT * FROM orders_order WHERE transaction_id BETWEEN %(first_id)s AND %(last_id)s
        )
        SELECT created_at, transaction_id FROM begun AS o WHERE {" AND ".join(conditions)}
    )"""  # noqa: S608


STREAMS = """
    unnest(%(of_establishment)s::uuid[], %(of_product)s::uuid[], %(at_total)s::numeric[])
        AS stream (establishment_id, product_id, total)
"""


def _by_streams(wanted: Wanted, conditions: Sequence[str], values: dict[str, Any]) -> str:
    """The first rows of each stream. Which streams there are is put into `values`."""
    streams = [Stream(establishment_id) for establishment_id in wanted.establishments]
    if wanted.products:
        streams = [Stream(*pair) for pair in wanted.products]
    conditions = [*conditions, "o.establishment_id = stream.establishment_id"]
    if wanted.products:
        conditions.append("o.product_id = stream.product_id")
    if wanted.by_price:
        paid = _paid(streams, values)
        streams = streams if paid is None else paid
        conditions.append(PRICED if paid is None else "o.total = stream.total")
    statuses = ""
    if wanted.statuses or wanted.products or wanted.by_price:
        statuses = "CROSS JOIN unnest(%(statuses)s::text[]) AS display (status)"
        conditions.append("o.display_status = display.status")
    values |= _arrays(streams)
    return f"""
        SELECT o.created_at, o.transaction_id FROM {STREAMS} {statuses} CROSS JOIN LATERAL (
            SELECT o.created_at, o.transaction_id FROM orders_order AS o
            WHERE {" AND ".join(conditions)}
            ORDER BY o.created_at DESC, o.transaction_id LIMIT %(enough)s
        ) AS o
    """  # noqa: S608


def _paid(streams: Sequence[Stream], values: dict[str, Any]) -> list[Stream] | None:
    """A stream for each price that was paid; None where they are too many to be told apart.

    Goes from each price to the next by the index, past all the orders in between.
    """
    of_product = "AND o.product_id = stream.product_id" if streams[0].product_id else ""
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
                ({lowest} AND o.total > stream.total) AS total
            FROM paid AS stream WHERE stream.total <= %(maximum)s
        )
        SELECT * FROM paid WHERE total <= %(maximum)s LIMIT %(too_many)s
        """,  # noqa: S608
        values | _arrays(streams) | {"too_many": MAX_STREAMS + 1},
    )
    return None if len(rows) > MAX_STREAMS else [Stream(*row) for row in rows]


def _arrays(streams: Sequence[Stream]) -> dict[str, Any]:
    return {
        "of_establishment": [stream.establishment_id for stream in streams],
        "of_product": [stream.product_id for stream in streams],
        "at_total": [stream.total for stream in streams],
    }
