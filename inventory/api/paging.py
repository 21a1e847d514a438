"""Pages of a player's orders, by their place in time (DOMAIN 2.8). No offset and no count."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Q
from django.utils import timezone

from inventory.api.errors import Misshapen
from inventory.api.schemas.order_lists import PageFields, Sort
from inventory.api.schemas.values import wire_time
from inventory.models import PlayerOrder, PlayerOrderQuerySet

# Signed, so that nobody builds cursors and we may change what is in them.
_signer = Signer(salt="player-orders.cursor")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Just after one order, in one direction."""

    sort: Sort
    created_time: datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> "Cursor":
        try:
            sort, created_time, pk = _signer.unsign_object(text)
        except BadSignature as error:
            raise Misshapen.at(
                "query",
                "cursor",
                kind="cursor_invalid",
                message="Input should be a cursor that an earlier page gave",
            ) from error
        return cls(Sort(sort), datetime.fromisoformat(created_time), pk)

    def __str__(self) -> str:
        return _signer.sign_object([self.sort, self.created_time.isoformat(), self.pk])


def page_of(
    orders: PlayerOrderQuerySet, asked: PageFields
) -> tuple[list[PlayerOrder], dict[str, Any]]:
    """The orders of the page, and the `page` to send with them: the values that were in force.

    A cursor has precedence over the starting position, and its direction over `sort`. The cursor
    returned is just after the last order, also of the last page: what comes later is found by it.
    """
    cursor = Cursor.read(asked.cursor) if asked.cursor is not None else None
    sort = cursor.sort if cursor else asked.sort
    start = None if cursor else asked.starting_position
    towards = "gt" if sort is Sort.ASC else "lt"
    orders = orders.recent(since=timezone.now() - settings.PLAYER_ORDER_RECENT)
    if cursor:
        # The first condition is implied by the second, but only the first bounds an index scan.
        orders = orders.filter(**{f"created_time__{towards}e": cursor.created_time}).filter(
            Q(**{f"created_time__{towards}": cursor.created_time})
            | Q(**{f"id__{towards}": cursor.pk})
        )
    elif start:
        orders = orders.filter(**{f"created_time__{towards}e": start})
    sign = "" if sort is Sort.ASC else "-"
    found = list(orders.order_by(f"{sign}created_time", f"{sign}id")[: asked.limit])
    after = Cursor(sort, found[-1].created_time, found[-1].pk) if found else asked.cursor
    return found, {
        "starting_position": wire_time(start) if start else None,
        "cursor": after and str(after),
        "sort": sort,
        "limit": asked.limit,
    }
