from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Model, ProtectedError

from catalog.document import read_document
from catalog.errors import CatalogueChanged, CatalogueInvalid
from catalog.models import CatalogHistory
from catalog.rows import Row
from catalog.rules import problems_of
from catalog.services.export_catalog import document_of
from catalog.services.lock_catalogue import lock_catalogue
from catalog.services.take_snapshot import current_catalogue

NAMED = 5


@contextmanager
def change_catalogue() -> Iterator[None]:
    """Let the block write to the catalogue as its only writer, and refuse what would break it.

    Refused with CatalogueInvalid, and rolled back, is a row that could not be imported as it was
    written, and what makes a problem that was not there before: an old one keeps nobody from
    changing something else.
    """
    with transaction.atomic():
        lock_catalogue()
        catalogue = current_catalogue()
        before = set(problems_of(catalogue))
        try:
            yield
        except ProtectedError as error:
            raise CatalogueInvalid([in_use(error)]) from error
        written = document_of(_written(since=catalogue.version))
        if misshapen := read_document(written).problems:
            raise CatalogueInvalid(misshapen)
        made = [problem for problem in problems_of(current_catalogue()) if problem not in before]
        if made:
            raise CatalogueInvalid([str(problem) for problem in made])


def _written(*, since: int) -> dict[str, list[Row]]:
    """By table, the rows written after that version, as they are now."""
    latest = {
        (each.table, each.key): each.row
        for each in CatalogHistory.objects.filter(version__gt=since).order_by("version", "id")
    }
    tables = defaultdict[str, list[Row]](list)
    for (table, _), row in latest.items():
        if row is not None:
            tables[table].append(row)
    return tables


def refuse_if_changed(*rows: Model, since: int) -> None:
    """Refuse with CatalogueChanged if somebody has written to one of the rows since that version.

    To be asked inside `change_catalogue`, before its writing.
    """
    keys = {(row._meta.db_table, str(row.pk)) for row in rows}
    newer = CatalogHistory.objects.filter(
        version__gt=since,
        table__in={table for table, _ in keys},
        key__in={key for _, key in keys},
    )
    if keys & set(newer.values_list("table", "key")):
        raise CatalogueChanged(
            "Somebody has changed this since the page was opened. Open it again to see how."
        )


def in_use(error: ProtectedError) -> str:
    """Say what still needs that which was to be deleted."""
    users = sorted(f"{row._meta.verbose_name} {row}" for row in error.protected_objects)
    more = f" and {len(users) - NAMED} more" if len(users) > NAMED else ""
    return f"It is still used by {', '.join(users[:NAMED])}{more}."
