"""Remove what is stored of exports and no longer needed."""

from contextlib import suppress

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from orders.models import Export


def expire_exports(limit: int) -> int:
    """Remove the files of exports that ended EXPORT_KEPT_FOR ago, and say of how many.

    Their rows stay: who has taken what with them.
    """
    before = timezone.now() - settings.EXPORT_KEPT_FOR
    kept = Export.objects.filter(
        state__in=[Export.State.READY, Export.State.FAILED], finished_at__lt=before
    )
    expired = []
    for pk in kept.order_by("finished_at").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            export = (
                kept.select_for_update(of=("self",), no_key=True, skip_locked=True)
                .filter(pk=pk)
                .first()
            )
            if export is None:
                continue
            remove_export_files(export, with_file=True)
            export.parts.all().delete()
            export.expire()
            export.save()
            expired.append(export)
    return len(expired)


def remove_export_files(export: Export, *, with_file: bool = False) -> None:
    """All that is stored of an export but its file; of one that nobody works on."""
    storage = storages["exports"]
    folder = str(export.pk)
    kept = "" if with_file else export.file
    with suppress(FileNotFoundError):
        for name in storage.listdir(folder)[1]:
            if f"{folder}/{name}" != kept:
                storage.delete(f"{folder}/{name}")
    if not kept:
        storage.delete(folder)
