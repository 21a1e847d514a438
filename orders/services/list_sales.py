import hashlib
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import redis
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Collate, NullIf
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from psycopg.errors import QueryCanceled

from orders.errors import FilterTooSlow
from orders.models import Order, OrderLine
from orders.models.lines import line_code
from orders.odata.query import Key, ODataQuery
from orders.odata.schema import SALE
from orders.services.filter_sales import BY_CHARACTER, COLUMNS, filter_sales

COUNTED = 10_000
PLACE_KEPT_SECONDS = 600
LONGEST_SECONDS = 5
NOTHING = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class SaleItem:
    code: str
    offer_id: str | None
    quantity: int
    unit_price: Decimal
    status: str


@dataclass(frozen=True, slots=True)
class SaleRow:
    """`items` are empty unless they were asked for."""

    code: str
    customer_code: str
    status: str
    total: Decimal
    created_at: datetime
    items: tuple[SaleItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SalePage:
    """`count` is exact where there are not many; None if it was not asked for."""

    rows: list[SaleRow]
    count: int | None
    count_is_estimate: bool


def list_sales(*, establishment_id: UUID | None, query: ODataQuery) -> SalePage:
    """The sales of an establishment, or of all, that a filter leaves, in its order (DOMAIN 3.4).

    A page far down begins after the last sale of the page before, if that was asked for in the
    last minutes. Refused with FilterTooSlow after LONGEST_SECONDS.
    """
    try:
        with transaction.atomic():
            _give_up_after(LONGEST_SECONDS)
            return _page(establishment_id, query)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise FilterTooSlow(
                f"This takes longer than {LONGEST_SECONDS} seconds; ask for fewer orders,"
                " by createdAt, say"
            ) from error
        raise


def _page(establishment_id: UUID | None, query: ODataQuery) -> SalePage:
    sales = Order.objects.sales()
    if establishment_id:
        sales = sales.filter(establishment=establishment_id)
    if query.condition:
        sales = sales.filter(filter_sales(query.condition))
    name = f"{establishment_id}:{query.condition!r}:{query.ordering!r}"
    place = _place_before(name, query.skip)
    found = _places(sales, query, place)
    places, has_more = found[: query.top], len(found) > query.top
    if has_more and places:
        _remember(name, query.skip + query.top, places[-1])
    is_end = place is None and not has_more and bool(found or not query.skip)
    count, is_estimate = None, False
    if query.with_count and is_end:
        count = query.skip + len(found)
    elif query.with_count:
        count, is_estimate = _count(sales, query.skip, len(found))
    return SalePage(
        rows=_rows([code for *_, code in places], with_items=query.with_items),
        count=count,
        count_is_estimate=is_estimate,
    )


def _give_up_after(seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{seconds}s'")


# --- Where the page begins -----------------------------------------------------------------


def _places(sales: QuerySet[Order], query: ODataQuery, place: Sequence[Any] | None) -> list[Any]:
    """The sales of the page, and one more: by what they are ordered, which ends in the code."""
    keys = [_value(key.field) for key in query.ordering]
    ordered = sales.order_by(
        *(_directed(value, key) for value, key in zip(keys, query.ordering, strict=True))
    )
    skip = query.skip
    if place is not None:
        ordered, skip = ordered.filter(_after(query.ordering, place)), 0
    # Nothing else is read: an index may have it all.
    return list(ordered.values_list(*keys)[skip : skip + query.top + 1])


def _value(field: str) -> Expression | F:
    column = F(COLUMNS[field])
    match field:
        case "customerId":
            return Collate(column, BY_CHARACTER)
        case "paymentMethod":
            return Collate(NullIf(column, Value("")), BY_CHARACTER)
    return column


def _directed(value: Any, key: Key) -> Any:
    if not SALE[key.field].is_nullable:
        return value.desc() if key.is_descending else value.asc()
    return value.desc(nulls_last=True) if key.is_descending else value.asc(nulls_first=True)


def _after(keys: Sequence[Key], place: Sequence[Any]) -> Q:
    """That a sale comes after this place."""
    key, column = keys[0], _value(keys[0].field)
    is_nullable = SALE[key.field].is_nullable
    if place[0] is None:
        same = Q(IsNull(column, True))
        beyond = NOTHING if key.is_descending else ~same
    else:
        value = Value(place[0])
        same = Q(Exact(column, value))
        beyond = Q((LessThan if key.is_descending else GreaterThan)(column, value))
        if is_nullable and key.is_descending:
            beyond |= Q(IsNull(column, True))
    if len(keys) == 1:
        return beyond
    inner = _after(keys[1:], place[1:])
    if is_nullable:
        return beyond | same & inner
    # An index begins to read at this.
    at_least = LessThanOrEqual if key.is_descending else GreaterThanOrEqual
    return Q(at_least(column, Value(place[0]))) & (beyond | inner)


def _place_before(name: str, skip: int) -> Any:
    """The last sale of the page before, if that was asked for and is far down.

    What is near the top is counted anew: orders come and go there.
    """
    if skip < COUNTED:
        return None
    with suppress(redis.RedisError):
        return cache.get(_key(name, skip))
    return None


def _remember(name: str, skip: int, place: Any) -> None:
    if skip >= COUNTED:
        with suppress(redis.RedisError):
            cache.set(_key(name, skip), place, timeout=PLACE_KEPT_SECONDS)


def _key(name: str, skip: int) -> str:
    return f"sales:{hashlib.sha256(name.encode()).hexdigest()}:{skip}"


# --- How many there are, and what they are --------------------------------------------------


def _count(sales: QuerySet[Order], skip: int, found: int) -> tuple[int, bool]:
    """How many there are, and whether that is the planner's estimate. It fits to the page."""
    counted = sales.values("pk")[: COUNTED + 1].count()
    if counted <= COUNTED:
        return counted, False
    [plan] = orjson.loads(sales.values("pk").explain(format="json"))
    expected = max(counted, plan["Plan"]["Plan Rows"])
    return max(expected, skip + found) if found else min(expected, skip), True


def _rows(codes: Sequence[str], *, with_items: bool) -> list[SaleRow]:
    if not codes:
        return []
    rows = Order.objects.filter(code__in=codes).values_list(
        "code", "player__customer_code", "status", "total", "created_at"
    )
    items = _items(codes) if with_items else {}
    found = {row[0]: SaleRow(*row, items=tuple(items.get(row[0], ()))) for row in rows}
    return [found[code] for code in codes]


def _items(codes: Sequence[str]) -> dict[str, list[SaleItem]]:
    lines = OrderLine.objects.filter(order__code__in=codes).order_by("order", "position")
    items = defaultdict(list)
    for code, position, offer_id, quantity, price, status in lines.values_list(
        "order__code", "position", "offer_id", "quantity", "unit_price", "status"
    ):
        item = SaleItem(line_code(code, position), offer_id, quantity, price, status)
        items[code].append(item)
    return items
