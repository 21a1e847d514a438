"""Webhooks that were missed are sent (DOMAIN 1.8)."""

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.refusals import BadRequest, Forbidden
from orders.api.rewards import endpoints
from orders.api.rewards.doors import RewardsApi
from orders.api.rewards.serializers.webhooks import Replayed
from orders.services.replay_webhooks import replay_webhooks


class WebhooksViewSet(RewardsApi):
    endpoints = {"replay": endpoints.REPLAY_WEBHOOKS}

    def replay(self, request: Request) -> HttpResponse:
        """Send to the endpoints that are on what they missed since a moment, the oldest first.

        At most 1,000 messages, of 50,000: where `nextSince` is not null, call again with it as
        `since`.
        """
        said = self.parse(request)
        establishment_id = said.get("establishmentId", self.caller.establishment_id)
        if establishment_id is None:
            raise BadRequest("establishmentId: This field is required.")
        if self.caller.establishment_id not in {None, establishment_id}:
            raise Forbidden

        def call(_: UUID | None) -> HttpResponse:
            replayed = replay_webhooks(
                establishment_id=establishment_id,
                since=said["since"],
                until=said.get("until"),
                transaction_id=said.get("transactionId"),
                endpoint_id=said.get("endpointId"),
                include_delivered=said["includeDelivered"],
            )
            answer = {"replayed": replayed.deliveries, "nextSince": replayed.next_since}
            return Answer(Replayed(answer).data)

        return self.once(request, call)
