"""The file of an export as an answer, whichever door it goes through."""

from django.http import FileResponse

from orders.models import Export
from orders.models.exports import ExportFormat
from orders.services.open_export import open_export

CONTENT_TYPES: dict[str, str] = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def file_answer(export: Export) -> FileResponse:
    """The file as it is stored; refused as `open_export` is."""
    return FileResponse(
        open_export(export),
        as_attachment=True,
        filename=export.filename,
        content_type=CONTENT_TYPES[export.file_format],
        headers={"Cache-Control": "no-store", "ETag": f'"{export.sha256}"'},
    )
