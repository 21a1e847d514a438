from uuid import UUID

from django.core.files import File
from django.core.files.storage import storages

from orders.errors import ExportNotFound, ExportNotReady
from orders.models import Export


def find_export(export_id: UUID | None, *, establishment_id: UUID | None = None) -> Export:
    """The export of this id, as far as somebody of the establishment reaches: ExportNotFound."""
    exports = Export.objects.filter(pk__in=[export_id] if export_id else [])
    if establishment_id:
        exports = exports.filter(establishment=establishment_id)
    export = exports.first()
    if export is None:
        raise ExportNotFound("There is no such export")
    return export


def open_export(export: Export) -> File:
    """Its file, open. Refused: ExportNotReady while it is not made; ExportNotFound afterwards."""
    match export.state:
        case Export.State.READY:
            pass
        case Export.State.EXPIRED:
            raise ExportNotFound("The file of the export has been removed")
        case Export.State.FAILED:
            raise ExportNotReady("The export has failed")
        case _:
            raise ExportNotReady(f"The export is at {export.percent} per cent")
    try:
        return storages["exports"].open(export.file)
    except FileNotFoundError as error:
        raise ExportNotFound("The file of the export has been removed") from error
