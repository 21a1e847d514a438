"""Finding the rewards that a list shows, newest first, without reading many that it does not show.

What is wanted is cut into streams: the orders of one establishment, where asked for of one product
and at one price, with one display status. An index has each stream in the order of the list; the
first rows of all streams, merged, are the page, however rare they are. So prices are not a range
here but those that were ever paid within it.

A search for a common word makes too many streams. Then either few orders are in them, and all are
read; or many, and they are soon met by walking down the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson

from inventory.services.database import ask
from orders.models import Order
from orders.services.reward_streams import (
    Stream,
    Wanted,
    arrays_of,
    merged,
    one_by_one,
    whole_streams,
    with_id,
    within,
)

COUNTED = 10_000
MAX_MERGED = 50_000

ID_BEGINS = "o.transaction_id::text LIKE %(id_prefix)s || '%%'"
AFTER = (
    "o.created_at <= %(after_time)s"
    " AND (o.created_at < %(after_time)s OR o.transaction_id > %(after_id)s)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order stands in the list."""

    created_at: datetime
    transaction_id: UUID


def find_rewards(
    wanted: Wanted,
    streams: Sequence[Stream] | None,
    *,
    after: Place | None,
    offset: int,
    limit: int,
) -> list[Place]:
    """The places that follow `offset` others, counted from a place or from the top.

    `streams` are those of `wanted`, or None where they are too many.
    """
    conditions = [AFTER] if after else []
    branches = []
    if wanted.by_id:
        branches.append(with_id(wanted, conditions))
    elif wanted.id_prefix:
        conditions.append(ID_BEGINS)
    if wanted.products or not wanted.by_id:
        if streams is not None and len(streams) * (offset + limit) <= MAX_MERGED:
            branches.append(merged(streams, conditions))
        elif (wanted.products or wanted.priced) and _are_few(wanted):
            branches.append(one_by_one(wanted, conditions))
        else:
            streams = whole_streams(wanted)
            branches.append(merged(streams, [*conditions, *within(wanted)]))
    rows = ask(
        f"SELECT created_at, transaction_id FROM ({' UNION '.join(branches)}) AS found"  # noqa: S608
        " ORDER BY created_at DESC, transaction_id LIMIT %(limit)s OFFSET %(offset)s",
        wanted.values
        | arrays_of(streams or ())
        | {"enough": offset + limit, "limit": limit, "offset": offset}
        | {"after_time": after and after.created_at, "after_id": after and after.transaction_id},
    )
    return [Place(*row) for row in rows]


def count_rewards(wanted: Wanted, streams: Sequence[Stream] | None) -> tuple[int, bool]:
    """How many there are, and whether that is an estimate: the planner's, where there are many."""
    if wanted.id_prefix and not wanted.by_id:
        return _count_walking(wanted, streams or whole_streams(wanted))
    branches = [with_id(wanted, [])] if wanted.by_id else []
    if wanted.products or not wanted.by_id:
        branches.append(one_by_one(wanted) if streams is None else merged(streams, []))
    counted = _count(branches, wanted, streams)
    return (counted, False) if counted <= COUNTED else (max(counted, _expected(wanted)), True)


def _count(branches: Sequence[str], wanted: Wanted, streams: Sequence[Stream] | None) -> int:
    """No further than to one more than COUNTED."""
    limited = " UNION ".join(f"({branch} LIMIT %(enough)s)" for branch in branches)
    [(counted,)] = ask(
        f"SELECT count(*) FROM (SELECT FROM ({limited}) AS found LIMIT %(enough)s) AS o",  # noqa: S608
        wanted.values | arrays_of(streams or ()) | {"enough": COUNTED + 1},
    )
    return counted


def _count_walking(wanted: Wanted, streams: Sequence[Stream]) -> tuple[int, bool]:
    """Read the first of all there are; ids are random, so each character leaves a sixteenth."""
    [(read, counted)] = ask(
        f"SELECT count(*), count(*) FILTER (WHERE {ID_BEGINS})"  # noqa: S608
        f" FROM ({merged(streams, within(wanted))} LIMIT %(enough)s) AS o",
        wanted.values | arrays_of(streams) | {"enough": COUNTED + 1},
    )
    if read <= COUNTED:
        return counted, False
    everything = _expected(replace(wanted, id_prefix=""))
    return max(counted, everything // 16 ** len(wanted.id_prefix)), True


def _are_few(wanted: Wanted) -> bool:
    return _count([one_by_one(wanted)], wanted, None) <= COUNTED


def _expected(wanted: Wanted) -> int:
    orders = Order.objects.rewards().filter(establishment__in=wanted.establishments)
    if wanted.statuses:
        orders = orders.filter(display_status__in=wanted.statuses)
    if wanted.minimum is not None:
        orders = orders.filter(total__gte=wanted.minimum)
    if wanted.maximum is not None:
        orders = orders.filter(total__lte=wanted.maximum)
    if wanted.products:
        orders = orders.filter(product__in=wanted.products)
    [plan] = orjson.loads(orders.values("pk").explain(format="json"))
    return plan["Plan"]["Plan Rows"]
