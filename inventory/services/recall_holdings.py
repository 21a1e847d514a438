"""What fulfilment looked at when an order was done, from what has been stored since.

A player's orders are done in the order of their ids: what those of lower ids had left was there,
and nothing else.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q

from inventory.fulfilment.holdings import CLIENT_TRIES, PROMOTION_TRIES, Holdings, Tries
from inventory.fulfilment.orders import Record, Rules, Session
from inventory.fulfilment.vocabulary import CLIENT_SOURCES, EntryType, Result
from inventory.models import InventorySession, PlayerOrder, PlayerOrderEntry, PromotionUse
from inventory.services.database import ask
from inventory.services.load_tries import UNCOUNTED

LAST_CHANGES = """
    SELECT DISTINCT ON (change.record_id) change.after
    FROM inventory_inventorychange AS change
    JOIN inventory_playerorderentry AS entry ON entry.id = change.entry_id
    WHERE change.player_id = %s AND entry.order_id < %s
    ORDER BY change.record_id, change.id DESC
"""


def recall_holdings(order: PlayerOrder, *, rules: Rules) -> Holdings:
    """All that the order's player had just before the order was done."""
    session = _session(order)
    uses = PromotionUse.objects.filter(player=order.player_id, entry__order__lt=order.pk)
    return Holdings(
        _records(order, session),
        session=session,
        claimed=Counter(uses.values_list("promotion", flat=True)),
        tries=_tries(order, rules),
    )


def recall_promotion_uses(order: PlayerOrder, *, codes: Collection[str]) -> Mapping[str, int]:
    """How often each code had been used, by anybody, just before the order was done.

    What was done at the same moment was done in the order of the ids.
    """
    earlier = Q(created_time__lt=order.done_time) | Q(
        created_time=order.done_time, entry__order__lt=order.pk
    )
    uses = PromotionUse.objects.filter(earlier, promotion__in=codes)
    return Counter(uses.values_list("promotion", flat=True))


def record_of(shown: Mapping[str, Any]) -> Record:
    """A record as the ledger shows it."""
    expires, session_id = shown["expires"], shown.get("session_id")
    return Record(
        inventory_id=UUID(shown["inventory_id"]),
        item_id=shown["item_id"],
        type=shown["type"],
        bucket=shown["bucket"],
        count=shown["count"],
        acquired=datetime.fromisoformat(shown["acquired"]),
        expires=datetime.fromisoformat(expires) if expires else None,
        custom_data=shown["custom_data"],
        session_id=UUID(session_id) if session_id else None,
    )


def _records(order: PlayerOrder, session: Session | None) -> Iterator[Record]:
    """As they were, but for those of sessions that were over."""
    for (after,) in ask(LAST_CHANGES, [order.player_id, order.pk]):
        record = record_of(orjson.loads(after))
        if record.session_id is None or (session and record.session_id == session.id):
            yield record


def _session(order: PlayerOrder) -> Session | None:
    """The session that was open, and the loot that earlier orders had applied to it."""
    session = (
        InventorySession.objects.filter(
            Q(closed_at=None) | Q(closed_at__gt=order.done_time),
            player=order.player_id,
            opened_at__lte=order.done_time,
        )
        .order_by("-opened_at")
        .first()
    )
    if session is None:
        return None
    applied = PlayerOrderEntry.objects.filter(
        order__player=order.player_id,
        order__lt=order.pk,
        order__done_time__gte=session.opened_at,
        type=EntryType.FILL_LOOT_SINGLE_TRANSIENT,
        result=Result.SUCCESS,
    )
    loot = applied.values_list("loot_id", flat=True)
    return Session(session.pk, session.platform, frozenset(filter(None, loot)))


def _tries(order: PlayerOrder, rules: Rules) -> Tries:
    window = max(rules.promotion_window, rules.client_window)
    entries = PlayerOrderEntry.objects.filter(
        order__player=order.player_id,
        order__lt=order.pk,
        order__created_time__gt=order.created_time - window,
        result__isnull=False,
    ).exclude(result__in=UNCOUNTED)
    tries: dict[str, list[datetime]] = {PROMOTION_TRIES: [], CLIENT_TRIES: []}
    for type_, source, time in entries.values_list("type", "order__source", "order__created_time"):
        if type_ == EntryType.PROMOTION_CODE:
            tries[PROMOTION_TRIES].append(time)
        if source in CLIENT_SOURCES:
            tries[CLIENT_TRIES].append(time)
    return tries
