"""What is sent to ask for an export, and what is answered of one."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import Line
from orders.api.sales.fields import Known, Second
from orders.api.sales.serializers.metrics import Day
from orders.models.exports import Export, ExportColumn
from orders.services.request_export import STATUSES

FORMATS = ["csv", "excel", "xlsx"]


class ExportFiltersRequest(Known):
    status = Line(
        max_length=32,
        required=False,
        allow_null=True,
        help_text=f"One of {', '.join(STATUSES)}.",
    )
    startDate = Day(required=False, allow_null=True, help_text="The first day, in UTC.")
    endDate = Day(required=False, allow_null=True, help_text="The last day, in UTC: it is in it.")


class ExportRequest(Known):
    format = serializers.ChoiceField(FORMATS, help_text="`xlsx` is another word for `excel`.")
    filters = ExportFiltersRequest(required=False, allow_null=True)
    columns = serializers.ListField(
        child=Line(max_length=32),
        required=False,
        allow_null=True,
        max_length=len(ExportColumn),
        help_text=f"Of {', '.join(ExportColumn)}.",
    )


class ExportQueued(serializers.Serializer[Any]):
    exportId = serializers.UUIDField()
    status = serializers.CharField(help_text=f"One of {', '.join(Export.State)}.")
    statusUrl = serializers.URLField()
    downloadUrl = serializers.URLField(help_text="Needs the key, as all of this API.")


class ExportSerializer(ExportQueued):
    format = serializers.ChoiceField(["csv", "excel"])
    progress = serializers.IntegerField(help_text="Per cent.")
    rowCount = serializers.IntegerField(help_text="Rows so far.")
    size = serializers.IntegerField(allow_null=True, help_text="In bytes.")
    sha256 = serializers.CharField(allow_null=True)
    createdAt = Second()
    finishedAt = Second(allow_null=True)
    fileUrl = serializers.URLField(
        allow_null=True, help_text="Opens the file without a key, until `fileUrlExpiresAt`."
    )
    fileUrlExpiresAt = Second(allow_null=True)
