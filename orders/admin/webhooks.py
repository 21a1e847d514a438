"""What establishments were told by webhook: messages, and their deliveries with every attempt."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from config.admin import (
    Button,
    NarrowedBy,
    Panel,
    ReadOnlyModelAdmin,
    as_uuid,
    list_of,
    page_of,
)
from config.filters import OfOrder
from orders.admin.sending_again import SentAgainAdmin, as_written
from orders.models import WebhookDelivery, WebhookEndpoint, WebhookMessage
from orders.services.resend_webhook import resend_webhook
from orders.webhook_messages import body_of

LOOKS = {"Waiting": "info", "Delivered": "success", "Given up": "danger"}
ATTEMPTS_SHOWN = 50
DELIVERY_HEADERS = ("Delivery", "Endpoint", "State", "Attempts", "Next attempt")


class OfMessagesOrder(NarrowedBy):
    title = "order"
    parameter_name = "message__order_id"


class OfEndpoint(NarrowedBy):
    title = "endpoint"
    parameter_name = "endpoint_id"
    as_key = staticmethod(as_uuid)


def sent_body(message: WebhookMessage) -> SafeString:
    return as_written(json.dumps(json.loads(body_of(message)), indent=2))


def short_id(message: WebhookMessage) -> str:
    """Enough of the transaction for people to tell orders apart."""
    return f"{str(message.order.transaction_id)[:8]}…"


@admin.register(WebhookMessage)
class WebhookMessageAdmin(ReadOnlyModelAdmin):
    list_display = ("uuid", "event", "order", "number", "establishment", "created_at")
    list_select_related = ("order", "establishment")
    list_filter = (OfOrder, "event")
    search_fields = ("uuid",)
    search_help_text = "Transaction, or the id of a message"
    fields = (("uuid", "event"), ("order_link", "number"), ("establishment", "created_at"), "body")

    @admin.display(description="Order")
    def order_link(self, message: WebhookMessage) -> str:
        return page_of(message.order)

    @admin.display(description="What is sent")
    def body(self, message: WebhookMessage) -> SafeString:
        return sent_body(message)

    def found_by(self, term: str) -> Q:
        uuid = as_uuid(term)
        return Q(uuid__in=[uuid]) | Q(order__transaction_id__in=[uuid])

    def panels(self, request: HttpRequest, obj: WebhookMessage) -> list[Panel]:
        if not request.user.has_perm("orders.view_webhookdelivery"):
            return []
        deliveries = obj.deliveries.select_related("endpoint", "message").order_by("pk")
        return [
            Panel(
                title="Deliveries",
                headers=DELIVERY_HEADERS,
                rows=[delivery_row(each) for each in deliveries],
                empty="No endpoint was there, or on, when it happened.",
            )
        ]


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(SentAgainAdmin, ReadOnlyModelAdmin):
    list_display = (
        "event",
        "transaction",
        "number",
        "host",
        "shown_state",
        "attempts_made",
        "created_at",
        "due_at",
    )
    list_select_related = ("message", "message__order", "endpoint")
    list_filter = (OfMessagesOrder, OfEndpoint, "state")
    search_fields = ("message",)
    search_help_text = "Transaction, or the id of a message"
    fields = (
        ("message_link", "transaction_link"),
        ("endpoint_link", "shown_state"),
        ("calls", "due_at"),
        ("created_at", "give_up_at"),
        "body",
    )

    @admin.display(description="Event")
    def event(self, delivery: WebhookDelivery) -> str:
        return delivery.message.event

    @admin.display(description="Order")
    def transaction(self, delivery: WebhookDelivery) -> str:
        return short_id(delivery.message)

    @admin.display(description="No.")
    def number(self, delivery: WebhookDelivery) -> int:
        return delivery.message.number

    @admin.display(description="Endpoint")
    def host(self, delivery: WebhookDelivery) -> str:
        return urlsplit(delivery.endpoint.url).netloc

    @display(description="State", label=LOOKS)
    def shown_state(self, delivery: WebhookDelivery) -> str:
        return delivery.get_state_display()

    @admin.display(description="Attempts")
    def calls(self, delivery: WebhookDelivery) -> int:
        return delivery.attempts_made

    @admin.display(description="Message")
    def message_link(self, delivery: WebhookDelivery) -> str:
        return page_of(delivery.message, delivery.message.event)

    @admin.display(description="Order")
    def transaction_link(self, delivery: WebhookDelivery) -> str:
        return page_of(delivery.message.order)

    @admin.display(description="Endpoint")
    def endpoint_link(self, delivery: WebhookDelivery) -> str:
        return page_of(delivery.endpoint)

    @admin.display(description="What is sent")
    def body(self, delivery: WebhookDelivery) -> SafeString:
        return sent_body(delivery.message)

    def found_by(self, term: str) -> Q:
        uuid = as_uuid(term)
        messages = WebhookMessage.objects.filter(
            Q(uuid__in=[uuid]) | Q(order__transaction_id__in=[uuid])
        )
        return Q(message__in=list(messages.values_list("pk", flat=True)))

    def buttons(self, request: HttpRequest, obj: WebhookDelivery) -> list[Button]:
        return self.send_again_button(request, obj)

    def panels(self, request: HttpRequest, obj: WebhookDelivery) -> list[Panel]:
        attempts = obj.attempts.order_by("-pk")[:ATTEMPTS_SHOWN]
        return [
            Panel(
                title="Attempts",
                headers=("At", "Took", "Answer", "What it said"),
                rows=[
                    (
                        each.at,
                        f"{each.milliseconds:,} ms",
                        each.status or "none",
                        each.response if each.status else each.error,
                    )
                    for each in attempts
                ],
                empty="It has not been tried yet.",
            )
        ]

    def why_not_sent_again(self, obj: WebhookDelivery) -> str:
        if obj.endpoint.state != WebhookEndpoint.State.ACTIVE:
            return "Its endpoint is switched off."
        return ""

    def what_sending_does(self, request: HttpRequest, obj: WebhookDelivery) -> list[str]:
        said = f"{obj.message.event}, number {obj.message.number} of order {obj.message.order}"
        return [said, f"The same message goes to {obj.endpoint} at once, with the same id."]

    def send(self, obj: WebhookDelivery, **who: Any) -> object:
        return resend_webhook(obj, **who)


def latest_deliveries(endpoint: WebhookEndpoint, *, shown: int) -> Panel:
    """For the page of an endpoint."""
    deliveries: QuerySet[WebhookDelivery] = endpoint.deliveries.select_related("message__order")
    return Panel(
        title="Latest deliveries",
        headers=("Delivery", "Event", "State", "Attempts", "Next attempt"),
        rows=[
            (
                page_of(each, f"No. {each.message.number} of {short_id(each.message)}"),
                each.message.event,
                each.get_state_display(),
                each.attempts_made,
                each.due_at or "",
            )
            for each in deliveries.order_by("-pk")[:shown]
        ],
        empty="No event of an order has been sent there. Tests are not listed.",
        all_url=list_of(WebhookDelivery, endpoint_id=str(endpoint.pk)),
    )


def delivery_row(delivery: WebhookDelivery) -> tuple[object, ...]:
    return (
        page_of(delivery, f"Delivery {delivery.pk}"),
        delivery.endpoint,
        delivery.get_state_display(),
        delivery.attempts_made,
        delivery.due_at or "",
    )
