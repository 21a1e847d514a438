"""What staff see first: whether orders are waiting, and how today goes."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince

from config.admin import COUNTED, list_of
from inventory.models import PlayerOrder
from players.models import Player

LONG = 120  # seconds


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the figures of the start page, each with the list behind it; none is counted for long."""
    if request.user.has_perm("players.view_player"):
        context["find_player_url"] = list_of(Player)
    if not request.user.has_perm("inventory.view_playerorder"):
        return context
    waiting = PlayerOrder.objects.waiting()
    oldest = waiting.order_by("pk").first()
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = PlayerOrder.objects.filter(created_time__gte=midnight)
    failed = today.filter(outcome=PlayerOrder.Outcome.FAILED)
    since = {"created_time__gte": midnight.isoformat()}
    context["figures"] = [
        {
            "title": "Player orders waiting",
            "figure": counted(waiting),
            "note": f"the oldest for {waited(oldest)}" if oldest else "all are done",
            "url": list_of(PlayerOrder, waits="yes"),
        },
        {
            "title": "Player orders today",
            "figure": counted(today),
            "note": "since midnight, UTC",
            "url": list_of(PlayerOrder, **since),
        },
        {
            "title": "Player orders failed today",
            "figure": counted(failed),
            "note": "no entry succeeded",
            "url": list_of(PlayerOrder, outcome__exact=PlayerOrder.Outcome.FAILED.value, **since),
        },
    ]
    return context


def waited(order: PlayerOrder) -> str:
    """How long the order waits, in seconds while that says more."""
    seconds = int((timezone.now() - order.created_time).total_seconds())
    return f"{seconds} s" if seconds < LONG else timesince(order.created_time)


def counted(orders: QuerySet[PlayerOrder]) -> str:
    """How many, up to where counting is quick."""
    count = orders[: COUNTED + 1].count()
    return f"{count:,}" if count <= COUNTED else f"{COUNTED:,}+"
