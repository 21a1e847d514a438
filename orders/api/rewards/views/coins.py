"""Coins are given to players by their establishment, or taken back (DOMAIN 1.7)."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.refusals import Forbidden
from orders.api.rewards import endpoints
from orders.api.rewards.doors import RewardsApi
from players.models import Establishment, Player
from players.services.change_coins import change_coins


class CoinsViewSet(RewardsApi):
    endpoints = {"change": endpoints.CHANGE_COINS}

    def change(self, request: Request) -> HttpResponse:
        """Add coins to a player, or take them: its establishment has less, or more, of them then.

        Without a player it is the establishment's own balance that changes.
        """
        said = self.parse(request)
        if self.caller.establishment_id not in {None, said["establishmentId"]}:
            raise Forbidden
        account = self._account(said["establishmentId"], said.get("playerId"))
        change = said["change"] if said["operation"] == "add" else -said["change"]

        def call(operation_id: UUID | None) -> HttpResponse:
            change_coins(  # type: ignore[type-var]  # whichever it is
                account,
                change=change,
                by=self.caller.name,
                campaign=said.get("campaign", ""),
                operation_id=operation_id,
            )
            return Answer({"message": "Coin balance updated"})

        return self.once(request, call)

    def _account(self, establishment_id: UUID, player_id: UUID | None) -> Player | Establishment:
        account: Player | Establishment | None
        if player_id is None:
            account = Establishment.objects.filter(pk=establishment_id).first()
        else:
            account = (
                Player.objects.select_related("establishment")
                .filter(uuid=player_id, establishment=establishment_id)
                .first()
            )
        if account is None:
            raise self.endpoint.unknown()
        return account
