"""One order answered 200, beside a bare DRF view that writes the same rows through the ORM."""

import uuid

import jwt
from django.db import transaction
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from rest_framework import authentication, serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Item, Loot
from config.urls import urlpatterns as application_urls
from inventory.models import InventoryChange, InventoryRecord, PlayerOrder, PlayerOrderEntry
from players.models import Player
from players.tokens import issue_player_token
from tests.benchmarks.alternate import alternate
from tests.benchmarks.data import LOOT, write_catalogue, write_players
from tests.benchmarks.report import Row

SECRET = "bench" * 8


class BareEntry(serializers.ModelSerializer[PlayerOrderEntry]):
    class Meta:
        model = PlayerOrderEntry
        fields = ("entry_id", "type", "quantity", "loot_id", "result")
        read_only_fields = ("entry_id", "result")


class BareOrder(serializers.ModelSerializer[PlayerOrder]):
    entries = BareEntry(many=True)

    class Meta:
        model = PlayerOrder
        fields = ("order_id", "source", "is_transaction", "created_time", "entries")
        read_only_fields = ("order_id", "created_time")


class BareToken(authentication.BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Player, dict[str, object]]:
        _, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            claims = jwt.decode(token, SECRET, algorithms=["HS256"])
            player = Player.objects.get(uuid=claims["sub"])
        except (jwt.InvalidTokenError, Player.DoesNotExist) as refused:
            raise AuthenticationFailed from refused
        player.is_authenticated = True  # type: ignore[attr-defined]
        return player, claims


class BareView(APIView):
    """What one would write first: serializers, the ORM, one transaction."""

    authentication_classes = [BareToken]
    permission_classes = [IsAuthenticated]

    def post(self, request: Request) -> Response:
        shape = BareOrder(data=request.data)
        shape.is_valid(raise_exception=True)
        with transaction.atomic():
            player = Player.objects.select_for_update().get(pk=request.user.pk)
            now = timezone.now()
            order = PlayerOrder.objects.create(
                order_id=str(uuid.uuid4()),
                player=player,
                source=shape.validated_data["source"],
                permissions=["loot"],
                placed_by=f"player:{player.pk}",
                dice_seed=uuid.uuid4().bytes,
                created_time=now,
            )
            for position, sent in enumerate(shape.validated_data["entries"]):
                entry = PlayerOrderEntry.objects.create(
                    order=order, position=position, entry_id=str(uuid.uuid4()), **sent
                )
                loot = Loot.objects.select_related("item").get(pk=sent["loot_id"])
                record = InventoryRecord.objects.get(player=player, item=loot.item)
                before = shown(record)
                record.count += loot.quantity * sent["quantity"]
                record.save()
                InventoryChange.objects.create(
                    record=record,
                    player=player,
                    entry=entry,
                    loot_id=loot.pk,
                    delta=loot.quantity,
                    before=before,
                    after=shown(record),
                    created_time=now,
                )
                entry.result = "success"
                entry.save()
            order.finish(outcome=PlayerOrder.Outcome.SUCCEEDED, at=now)
            order.save()
        return Response(BareOrder(order).data)


def shown(record: InventoryRecord) -> dict[str, object]:
    return {
        "inventory_id": str(record.inventory_id),
        "item_id": record.item_id,
        "count": record.count,
        "acquired": record.acquired.isoformat(),
    }


urlpatterns = [*application_urls, path("bare", BareView.as_view())]


def measure() -> list[Row]:
    """Alternating rounds, so that both meet the same machine."""
    if not Item.objects.exists():
        write_catalogue()
    player = Player.objects.get(pk=write_players(1)[0])
    body = {"source": "CLIENT", "entries": [{"type": "fill_loot", "loot_id": LOOT, "quantity": 1}]}
    scopes = ["inv:*"]
    token = issue_player_token(player, scopes, now=timezone.now())
    bare_token = jwt.encode({"sub": str(player.uuid)}, SECRET, algorithm="HS256")
    ours = Client(headers={"authorization": f"Bearer {token}"})
    bare = Client(headers={"authorization": f"Bearer {bare_token}"})

    def ask_ours() -> None:
        answer = ours.post("/inventory/v2/player/me/order", body, content_type="application/json")
        if answer.json()["entries"][0].get("result") != "success":
            raise RuntimeError(answer.content)

    def ask_bare() -> None:
        answer = bare.post("/bare", body, content_type="application/json")
        if answer.json()["entries"][0]["result"] != "success":
            raise RuntimeError(answer.content)

    with override_settings(ROOT_URLCONF=__name__):
        cpu, wall = alternate(ask_ours, ask_bare)
    return [
        Row(
            "synchronous order over HTTP, CPU",
            f"{cpu[0] * 1000:.2f} ms",
            f"{cpu[1] * 1000:.2f} ms, bare DRF view and ORM",
            cpu[0] / cpu[1],
            "<= 1.0",
        ),
        Row(
            "synchronous order over HTTP, elapsed",
            f"{wall[0] * 1000:.2f} ms",
            f"{wall[1] * 1000:.2f} ms, bare DRF view and ORM",
            wall[0] / wall[1],
            "",
        ),
    ]
