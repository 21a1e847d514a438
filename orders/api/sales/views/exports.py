"""Sales as a file: at once where they are few, else made by a worker."""

from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from inventory.api.answers import Answer
from orders.api.fields import as_uuid
from orders.api.sales import endpoints
from orders.api.sales.doors import SalesApi
from orders.api.sales.fields import wire_second
from orders.export_answers import CONTENT_TYPES, file_answer
from orders.export_links import export_link
from orders.models import Export
from orders.services.open_export import find_export
from orders.services.read_export import is_small
from orders.services.request_export import ExportFilters, draft_export, request_export
from orders.services.stream_export import stream_export


class ExportViewSet(SalesApi):
    endpoints = {
        "export": endpoints.EXPORT,
        "retrieve": endpoints.GET_EXPORT,
        "download": endpoints.DOWNLOAD_EXPORT,
    }

    def export(self, request: Request) -> HttpResponseBase:
        """Export orders to CSV or Excel.

        Few orders are the answer; for more of them a file is made, which is there for some days.
        What an export tells of is settled when it is asked for: later orders are not in it.
        """
        wanted = _wanted(self.parse(request), self.caller.establishment_id)
        draft = draft_export(**wanted)
        if is_small(draft, rows=settings.EXPORT_INLINE_ROWS):
            return _streamed(draft)

        def queue(call_id: UUID | None) -> HttpResponse:
            export = request_export(
                **wanted,
                by=self.caller.name,
                export_id=call_id,
                most_waiting=settings.EXPORTS_PER_KEY,
            )
            return Answer(_queued(export), status=202)

        return self.once(request, queue)

    def retrieve(self, _request: Request, **path: str) -> HttpResponse:
        """Get how far an export is; once it is ready, an address that opens its file for a time."""
        return Answer(_told(self._find(path["id"])))

    def download(self, _request: Request, **path: str) -> HttpResponseBase:
        """Get the file of an export. Until it is made: 409 EXPORT_NOT_READY."""
        return file_answer(self._find(path["id"]))

    def _find(self, text: str) -> Export:
        return find_export(as_uuid(text), establishment_id=self.caller.establishment_id)


def _wanted(said: dict[str, Any], establishment_id: UUID | None) -> dict[str, Any]:
    filters = said.get("filters") or {}
    return {
        "establishment_id": establishment_id,
        "file_format": "csv" if said["format"] == "csv" else "excel",
        "filters": ExportFilters(
            status=filters.get("status") or "",
            start=filters.get("startDate"),
            end=filters.get("endDate"),
        ),
        "columns": said.get("columns") or (),
    }


def _streamed(draft: Export) -> StreamingHttpResponse:
    chunks = stream_export(draft)
    # The first rows are read before anything is sent: what fails is an answer of its own.
    begun = [next(chunks), next(chunks, b"")]
    return StreamingHttpResponse(
        chain(begun, chunks),
        content_type=CONTENT_TYPES[draft.file_format],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": content_disposition_header(
                as_attachment=True, filename=draft.filename
            ),
        },
    )


def _queued(export: Export) -> dict[str, Any]:
    here = f"{settings.PUBLIC_URL}/api/orders/export/{export.pk}"
    return {
        "exportId": str(export.pk),
        "status": export.state,
        "statusUrl": here,
        "downloadUrl": f"{here}/download",
    }


def _told(export: Export) -> dict[str, Any]:
    is_ready = export.state == Export.State.READY
    expires = timezone.now() + settings.EXPORT_LINK_TTL
    return {
        **_queued(export),
        "format": export.file_format,
        "progress": export.percent,
        "rowCount": export.rows,
        "size": export.size,
        "sha256": export.sha256 or None,
        "createdAt": wire_second(export.requested_at),
        "finishedAt": wire_second(export.finished_at) if export.finished_at else None,
        "fileUrl": export_link(export) if is_ready else None,
        "fileUrlExpiresAt": wire_second(expires) if is_ready else None,
    }
