"""What is asked about an export."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
)

from orders.models import Order
from orders.models.exports import DEFAULT_COLUMNS, ExportColumn, ExportFormat
from orders.services.request_export import ENDED, ExportFilters
from orders.vocabulary import PENDING
from players.models import Establishment

STATUSES = [
    ("", "All"),
    (PENDING, "All that are not ended"),
    *((status.value, Order.Status(status).label) for status in (*Order.UNENDED, *ENDED)),
]


class ExportForm(forms.Form):
    file_format = forms.ChoiceField(
        label="Format", choices=ExportFormat.choices, widget=UnfoldAdminSelectWidget
    )
    establishment = forms.ModelChoiceField(
        Establishment.objects.order_by("name"),
        required=False,
        empty_label="All",
        widget=UnfoldAdminSelectWidget,
    )
    status = forms.ChoiceField(
        label="Status of the orders",
        choices=STATUSES,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    start = forms.DateField(
        label="Ordered from",
        required=False,
        widget=UnfoldAdminDateWidget,
        help_text="The first day, in UTC.",
    )
    end = forms.DateField(
        label="Ordered until",
        required=False,
        widget=UnfoldAdminDateWidget,
        help_text="The last day, in UTC: its orders are in it.",
    )
    columns = forms.MultipleChoiceField(
        choices=ExportColumn.choices,
        initial=[*DEFAULT_COLUMNS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    @property
    def wanted(self) -> dict[str, Any]:
        """As `request_export` takes it."""
        said = self.cleaned_data
        return {
            "file_format": said["file_format"],
            "establishment_id": said["establishment"] and said["establishment"].pk,
            "filters": ExportFilters(status=said["status"], start=said["start"], end=said["end"]),
            "columns": said["columns"],
        }
