import hashlib
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import redis
from django.core.cache import cache
from django.db.models import Q

from catalog.models import Product
from orders.models import Order
from orders.services.find_rewards import COUNTED, Place, count_rewards, find_rewards
from orders.services.reward_streams import Wanted, read_streams
from players.models import Establishment

NAME_SEARCHED_FROM = 3
PLACE_KEPT_SECONDS = 600
UUID_SHAPE = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardPage:
    """One page. The rows come with player, product and delivery; `has_more` is exact.

    `total` is exact where there are not many.
    """

    rows: list[Order]
    total: int
    total_is_estimate: bool
    has_more: bool


def list_rewards(  # noqa: PLR0913 - what the list can be narrowed by
    *,
    establishment_id: UUID | None,
    search: str = "",
    display_statuses: Collection[str] = (),
    minimum: Decimal | None = None,
    maximum: Decimal | None = None,
    page: int = 1,
    limit: int = 25,
) -> RewardPage:
    """The rewards of an establishment, or of all of them, newest first (DOMAIN 1.6.7).

    Searched is by transaction id and, from three characters on, by names of products. No statuses
    are any; the bounds of the value are inclusive.
    """
    search = search.strip()
    wanted = Wanted(
        establishments=[establishment_id] if establishment_id else _establishments(),
        statuses=sorted(display_statuses),
        minimum=minimum,
        maximum=maximum,
        products=_products(establishment_id, search),
        id_prefix=search.lower() if _begins_an_id(search) else "",
    )
    if not wanted.establishments or (search and not (wanted.products or wanted.id_prefix)):
        return RewardPage(rows=[], total=0, total_is_estimate=False, has_more=False)
    offset = (page - 1) * limit
    after = _place_before(wanted, offset)
    streams = read_streams(wanted)
    found = find_rewards(
        wanted, streams, after=after, offset=0 if after else offset, limit=limit + 1
    )
    places, has_more = found[:limit], len(found) > limit
    if has_more:
        _remember(wanted, offset + limit, places[-1])
    if has_more or (offset and not places):
        total, is_estimate = count_rewards(wanted, streams)
    else:
        total, is_estimate = offset + len(places), after is not None
    if is_estimate and has_more:  # it must not contradict the page
        total = max(total, offset + limit + 1)
    elif is_estimate and not places:
        total = min(total, offset)
    return RewardPage(
        rows=_orders(places), total=total, total_is_estimate=is_estimate, has_more=has_more
    )


def _begins_an_id(search: str) -> bool:
    return UUID_SHAPE.startswith(re.sub("[0-9a-f]", "0", search.lower()))


def _establishments() -> list[UUID]:
    return list(Establishment.objects.values_list("pk", flat=True))


def _products(establishment_id: UUID | None, search: str) -> list[UUID]:
    """Products whose name contains it: the establishment's and those of all; else of everybody."""
    if len(search) < NAME_SEARCHED_FROM:
        return []
    products = Product.objects.filter(name__icontains=search)
    if establishment_id:
        products = products.filter(Q(establishment=establishment_id) | Q(establishment=None))
    return list(products.values_list("pk", flat=True))


def _orders(places: list[Place]) -> list[Order]:
    ids = [place.transaction_id for place in places]
    orders = Order.objects.select_related("player", "product", "delivery")
    by_id = {order.transaction_id: order for order in orders.filter(transaction_id__in=ids)}
    return [by_id[pk] for pk in ids]


def _place_before(wanted: Wanted, offset: int) -> Place | None:
    """The last order of the page before, if that was asked for and is far down.

    What is near the top is counted anew: orders come and go there.
    """
    if offset < COUNTED:
        return None
    with suppress(redis.RedisError):
        return cache.get(_key(wanted, offset))
    return None


def _remember(wanted: Wanted, offset: int, place: Place) -> None:
    if offset >= COUNTED:
        with suppress(redis.RedisError):
            cache.set(_key(wanted, offset), place, timeout=PLACE_KEPT_SECONDS)


def _key(wanted: Wanted, offset: int) -> str:
    return f"rewards:{hashlib.sha256(repr(wanted).encode()).hexdigest()}:{offset}"
