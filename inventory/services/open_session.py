from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from catalog.models import PlatformSku
from catalog.services.take_snapshot import current_catalogue
from inventory.fulfilment.entitlements import items_entitling, loot_at_opening
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import EntryOutcome, Session
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from inventory.models import InventoryRecord, InventorySession, PlatformEntitlement, PlayerOrder
from inventory.services.accept_player_orders import (
    EntryDraft,
    OrderDraft,
    accept_player_order,
    new_order,
)
from inventory.services.database import database_time
from inventory.services.hold_player import hold_player
from inventory.services.load_records import load_records
from inventory.services.place_player_order import have_fulfilled
from inventory.services.record_outcomes import record_outcomes
from players.models import Player


def open_session(*, player: Player, platform: str = "", request_id: str = "") -> InventorySession:
    """Open a session for the player in the place of the one that was open.

    The old one's transient records count for nothing any more, and if its order still waits it is
    done without being started. What the player's entitlements give
    is ordered together with it, and done at once or by a worker; where there is nothing to give,
    there is no order. Refused with PlayerBusy where the player's orders are being done for too
    long. Done twice, it opens two sessions, of which the second stays open.
    """
    with transaction.atomic():
        hold_player(player.pk)
        now = database_time()
        _close(player, now)
        session = InventorySession(player=player, platform=platform, opened_at=now)
        entries = (*_entitled(player, session), *_durable(player, session))
        if entries:
            session.order = _accept(player, entries, request_id)
        session.save(force_insert=True)
    if session.order:
        session.order = have_fulfilled(session.order, entries=len(entries))
    return session


def _close(player: Player, now: datetime) -> None:
    old = InventorySession.objects.open().filter(player=player).select_related("order").first()
    if old is None:
        return
    if old.order and old.order.state == PlayerOrder.State.ACCEPTED:
        _retire(old.order, now)
    states = InventoryRecord.State
    records = InventoryRecord.objects.filter(player=player, session=old)
    records.exclude(state=states.EXPIRED).update(state=states.EXPIRED)
    InventorySession.objects.filter(pk=old.pk).update(closed_at=now)


def _retire(order: PlayerOrder, now: datetime) -> None:
    """What a session should have given is not given to the next: that one gives its own."""
    entries = list(order.entries.order_by("position"))
    record_outcomes({order: entries}, [[EntryOutcome(Result.NOT_STARTED)] * len(entries)], now=now)


def _entitled(player: Player, session: InventorySession) -> Iterator[EntryDraft]:
    """One entry for each entitlement item that the player has, with the loot it gives."""
    catalogue, now = current_catalogue(), session.opened_at
    items = frozenset(item.id for item in items_entitling(catalogue))
    records = load_records([(player.pk, items)], sessions=(), now=now)
    opened = Session(session.pk, session.platform)
    holdings = Holdings(records[player.pk].values(), session=opened)
    for loot_id in loot_at_opening(catalogue, holdings, player_uuid=player.uuid, now=now):
        yield EntryDraft(type=EntryType.FILL_ENTITLED_LOOT, quantity=1, loot_id=loot_id)


def _durable(player: Player, session: InventorySession) -> Iterator[EntryDraft]:
    """One entry for each durable thing that the player bought on the session's platform."""
    bought = PlatformEntitlement.objects.filter(
        player=player, sku__platform=session.platform, sku__type=PlatformSku.Type.DURABLE
    )
    loot = bought.order_by("sku").values_list("sku__loot", flat=True)
    for loot_id in dict.fromkeys(loot):
        yield EntryDraft(type=EntryType.FILL_LOOT_SINGLE_TRANSIENT, quantity=1, loot_id=loot_id)


def _accept(player: Player, entries: tuple[EntryDraft, ...], request_id: str) -> PlayerOrder:
    new = new_order(
        OrderDraft(source=Source.ENTITLEMENTS, entries=entries),
        player_id=player.pk,
        placed_by="system",
        permissions=frozenset({"loot"}),
        request_id=request_id,
    )
    order, _ = accept_player_order(new)
    return order
