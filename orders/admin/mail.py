"""Mail to players: what was written, whether it was sent."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from config.admin import Button, ReadOnlyModelAdmin, page_of
from config.filters import OfOrder
from orders.admin.search import orders_found
from orders.admin.sending_again import SentAgainAdmin, as_written
from orders.models import Mail, Order
from orders.services.resend_mail import resend_mail
from orders.services.write_mail import address_of
from players.admin.personal_data import HIDDEN, may_see_personal_data, shown_email

LOOKS = {"Waiting": "info", "Sent": "success", "Given up": "danger"}


@admin.register(Mail)
class MailAdmin(SentAgainAdmin, ReadOnlyModelAdmin):
    """To whom, and in which words, is shown to those who may see personal data."""

    list_display = ("subject", "masked_to", "shown_state", "attempts", "created_at", "sent_at")
    list_select_related = ("order", "order__player", "order__delivery")
    list_filter = (OfOrder, "state", "event")
    search_fields = ("order",)
    search_help_text = "Whatever orders are found by, or the subject of a report"
    masked = {"open_to": "masked_to", "open_body": "hidden_body", "open_error": "hidden_error"}
    fields = (
        ("order_link", "event"),
        ("open_to", "shown_state"),
        ("created_at", "sent_at"),
        ("attempts", "due_at"),
        "open_error",
        "subject",
        "open_body",
    )

    def get_list_display(self, request: HttpRequest) -> Any:
        if not may_see_personal_data(request):
            return self.list_display
        return ["open_to" if each == "masked_to" else each for each in self.list_display]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if may_see_personal_data(request):
            return self.fields
        return [
            tuple(self.masked.get(name, name) for name in row)
            if isinstance(row, tuple)
            else self.masked.get(row, row)
            for row in self.fields
        ]

    @display(description="State", label=LOOKS)
    def shown_state(self, mail: Mail) -> str:
        return mail.get_state_display()

    @admin.display(description="Order")
    def order_link(self, mail: Mail) -> str:
        return page_of(mail.order) if mail.order else ""

    @admin.display(description="To")
    def open_to(self, mail: Mail) -> str:
        return mail.to

    @admin.display(description="To")
    def masked_to(self, mail: Mail) -> str:
        return shown_email(mail.to, openly=False)

    @admin.display(description="Text")
    def open_body(self, mail: Mail) -> SafeString:
        return as_written(mail.body)

    @admin.display(description="Text")
    def hidden_body(self, mail: Mail) -> str:
        return HIDDEN

    @admin.display(description="Last error")
    def open_error(self, mail: Mail) -> str:
        return mail.error

    @admin.display(description="Last error")
    def hidden_error(self, mail: Mail) -> str:
        return HIDDEN if mail.error else ""

    def found_for(self, request: HttpRequest, term: str) -> Q:
        """By the order that a mail is about; of reports, which are about none, by the subject."""
        orders = Order.objects.filter(orders_found(term, openly=may_see_personal_data(request)))
        return Q(order__in=orders) | Q(order=None, subject__icontains=term)

    def buttons(self, request: HttpRequest, obj: Mail) -> list[Button]:
        return self.send_again_button(request, obj)

    def why_not_sent_again(self, obj: Mail) -> str:
        if obj.order is None:
            return "It is a report: the next one is sent at its time."
        if obj.state == Mail.State.WAITING:
            return "It has not been sent yet."
        return "" if address_of(obj.order) else "No mail address is known."

    def what_sending_does(self, request: HttpRequest, obj: Mail) -> list[str]:
        to = address_of(obj.order) if obj.order else ""
        to = shown_email(to, openly=may_see_personal_data(request))
        return [obj.subject, f"The same words go once more to {to}, the address of now."]

    def send(self, obj: Mail, **who: Any) -> object:
        return resend_mail(obj, **who)
