"""One reservation over HTTP, beside a bare DRF view that writes the same rows through the ORM."""

import uuid
from collections.abc import Iterator

from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from rest_framework import authentication, serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import Product, StockMovement
from config.urls import urlpatterns as application_urls
from orders.models import Delivery, Order, OrderEvent, OrderLine, Payment, WebhookMessage
from players.keys import digest_of
from players.models import ApiKey, CoinEntry, Establishment, Player
from players.services.issue_api_key import issue_api_key
from tests.benchmarks.alternate import ROUNDS, WARM_UP, alternate
from tests.benchmarks.report import Row
from tests.benchmarks.rewards import write_shop


class BareKey(authentication.BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[ApiKey, None]:
        _, _, text = request.headers.get("authorization", "").partition(" ")
        try:
            key = ApiKey.objects.get(digest=digest_of(text))
        except ApiKey.DoesNotExist as refused:
            raise AuthenticationFailed from refused
        key.is_authenticated = True  # type: ignore[attr-defined]
        return key, None


class BareReservation(serializers.Serializer):
    productId = serializers.PrimaryKeyRelatedField(queryset=Product.objects.all())  # noqa: N815
    establishmentId = serializers.PrimaryKeyRelatedField(  # noqa: N815
        queryset=Establishment.objects.all()
    )


class BareOrder(serializers.ModelSerializer[Order]):
    class Meta:
        model = Order
        exclude = ("id",)


class BareView(APIView):
    """What one would write first: serializers, the ORM, one transaction."""

    authentication_classes = [BareKey]
    permission_classes = [IsAuthenticated]

    def post(self, request: Request, player: str) -> Response:
        shape = BareReservation(data=request.data)
        shape.is_valid(raise_exception=True)
        with transaction.atomic():
            holder = Player.objects.select_for_update().get(uuid=player)
            product = Product.objects.select_for_update().get(
                pk=shape.validated_data["productId"].pk
            )
            order = self.write(holder, product, shape.validated_data["establishmentId"])
        return Response(BareOrder(order).data)

    def write(self, player: Player, product: Product, establishment: Establishment) -> Order:
        now, by, price = timezone.now(), "key:1", product.price
        order = Order.objects.create(
            kind="reward",
            establishment=establishment,
            player=player,
            product=product,
            total=price,
            charged=price,
            reference=f"PROV-REF-{uuid.uuid4().hex[:6]}",
            created_at=now,
            expires_at=now,
            last_event=1,
            last_message=1,
        )
        line = OrderLine.objects.create(order=order, product=product, unit_price=price)
        Delivery.objects.create(order=order, first_name=player.first_name, email=player.email)
        product.reserved += 1
        product.save()
        StockMovement.objects.create(
            product=product,
            kind="hold",
            stock_change=0,
            reserved_change=1,
            stock=product.stock,
            reserved=product.reserved,
            order_line_id=line.pk,
            by=by,
        )
        player.coins -= price
        player.save()
        entry = CoinEntry.objects.create(
            player=player, amount=-price, balance=player.coins, reason="order", by=by
        )
        payment = Payment(
            order=order,
            gateway="coins",
            kind="charge",
            amount=price,
            currency="COIN",
            coin_entry=entry,
            created_at=now,
        )
        payment.complete()
        payment.save()
        OrderEvent.objects.create(order=order, number=1, kind="reservation", by=by, created_at=now)
        WebhookMessage.objects.create(
            order=order,
            establishment=establishment,
            number=1,
            event="order.created",
            data={"transactionId": str(order.transaction_id)},
            created_at=now,
        )
        return order


urlpatterns = [*application_urls, path("bare/<str:player>", BareView.as_view())]


def measure() -> list[Row]:
    """Each reservation is another player's; all are of one product."""
    shop = write_shop(players=4 * (ROUNDS + WARM_UP))
    establishment = Establishment.objects.get(pk=shop.establishment)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE players_player SET coins = 1000000")
    players = _players(establishment)
    _, key = issue_api_key(name="bench", scopes=["orders:*"], establishment=establishment)
    client = Client(headers={"authorization": f"Bearer {key}"})
    body = {"productId": str(shop.best_seller), "establishmentId": str(establishment.pk)}

    def ask(address: str) -> None:
        answer = client.post(address, body, content_type="application/json")
        if answer.status_code != 200:
            raise RuntimeError(answer.content)

    with override_settings(ROOT_URLCONF=__name__):
        cpu, wall = alternate(
            lambda: ask(f"/orders/{next(players)}/reservation"),
            lambda: ask(f"/bare/{next(players)}"),
        )
    floor = "bare DRF view and ORM"
    return [
        Row(
            f"reservation over HTTP, {what}",
            f"{ours * 1000:.2f} ms",
            f"{bare * 1000:.2f} ms, {floor}",
            ours / bare,
            aim,
        )
        for what, (ours, bare), aim in (("CPU", cpu, "<= 1.2"), ("elapsed", wall, ""))
    ]


def _players(establishment: Establishment) -> Iterator[str]:
    players = Player.objects.filter(establishment=establishment)
    yield from (str(player) for player in players.values_list("uuid", flat=True))
