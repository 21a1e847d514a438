"""What belongs to a player's page: what the player owns and ordered, sessions, entitlements."""

from django.utils import timezone
from django.utils.html import format_html

from config.admin import Panel, list_of, page_of
from inventory.admin.forms import correction_url
from inventory.admin.records import is_over, state_of
from inventory.models import (
    InventoryRecord,
    InventorySession,
    PlatformEntitlement,
    PlayerOrder,
)
from players.admin.players import PANEL_ROWS
from players.models import Player

RECORD_ROWS = 25
SESSION_ROWS = 5


def inventory_of(player: Player, *, may_correct: bool) -> Panel:
    """The newest records, those that hold something first."""
    records = player.inventory_records.select_related("item").order_by("state", "-pk")
    now = timezone.now()
    return Panel(
        title="Inventory",
        headers=("Item", "Count", "Bucket", "Kind", "State", "Expires", ""),
        rows=[
            (
                page_of(record, record.item),
                f"{record.count:,}",
                record.bucket,
                record.get_type_display(),
                state_of(record, now),
                record.expires or "never",
                format_html('<a href="{}" class="text-link">Correct</a>', correction_url(record))
                if may_correct and not over
                else "",
            )
            for record in records[:RECORD_ROWS]
            for over in [is_over(record, now)]
        ],
        empty="Owns nothing.",
        all_url=list_of(InventoryRecord, player_id=player.pk),
    )


def sessions_of(player: Player) -> Panel:
    """The open session and the latest that were closed."""
    sessions = player.inventory_sessions.select_related("order").order_by("-opened_at")
    latest = list(sessions[:SESSION_ROWS])
    is_open = any(session.closed_at is None for session in latest)
    return Panel(
        title="Session: open" if is_open else "Session: none is open",
        headers=("Opened", "Closed", "Platform", "Given when opened"),
        rows=[
            (
                page_of(session, session.opened_at),
                session.closed_at or "open",
                session.platform or "none",
                page_of(session.order) if session.order else "nothing",
            )
            for session in latest
        ],
        empty="Never had one.",
        all_url=list_of(InventorySession, player_id=player.pk),
    )


def entitlements_of(player: Player) -> Panel:
    """What platforms' stores sold to the player."""
    entitlements = player.platform_entitlements.select_related("sku").order_by("-pk")
    return Panel(
        title="Platform entitlements",
        headers=("SKU", "Kind", "Since"),
        rows=[
            (page_of(each, each.sku), each.sku.get_type_display(), each.created_at)
            for each in entitlements[:PANEL_ROWS]
        ],
        all_url=list_of(PlatformEntitlement, player_id=player.pk),
    )


def orders_of(player: Player) -> Panel:
    """The most recent orders."""
    orders = player.player_orders.order_by("-created_time", "-pk")[:PANEL_ROWS]
    return Panel(
        title="Player orders",
        headers=("Order", "Time", "Source", "State", "Outcome"),
        rows=[
            (
                page_of(order),
                order.created_time,
                order.source,
                order.get_state_display(),
                order.get_outcome_display(),
            )
            for order in orders
        ],
        empty="Has never ordered.",
        all_url=list_of(PlayerOrder, player_id=player.pk),
    )
