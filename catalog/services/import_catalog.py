from collections.abc import Mapping
from typing import Any

from django.db import transaction

from catalog.document import Document, read_document
from catalog.errors import CatalogueInvalid
from catalog.models import CatalogVersion, Loot, Product, Promotion
from catalog.rows import Row, catalogue_of
from catalog.rules import problems_of
from catalog.sections import LOOT, SECTIONS, Section
from catalog.services.lock_catalogue import lock_catalogue
from catalog.services.take_snapshot import current_catalogue, stored_rows

ALL_SECTIONS = (*SECTIONS, LOOT)
# By primary key, the columns that the document gives the row; None: its own shape is wrong.
Wanted = dict[Any, dict[str, Any] | None]


@transaction.atomic
def import_catalog(text: bytes) -> dict[str, Any]:
    """Bring the catalogue to what the document says, and count what that took.

    What the document does not name stays; so does the loot of a vendor that comes without `loot`.
    A vendor with `loot` has that and no other afterwards. Only what differs is written: the same
    document again changes nothing, not even the catalogue's version. Refused as a whole, with every
    problem, if anything is wrong with what it names, or if it would break something else.
    """
    document = read_document(text)
    lock_catalogue()
    wanted = {section.name: _wanted(section, document) for section in ALL_SECTIONS}
    problems = [
        *document.problems,
        *_homeless(document),
        *_given_by_products(document),
        *_broken(document, wanted),
    ]
    if problems:
        raise CatalogueInvalid(problems)
    report: dict[str, Any] = {
        section.name: _write(section, wanted[section.name]) for section in ALL_SECTIONS
    }
    report["loot"]["deleted"] = _delete_replaced_loot(document)
    version = CatalogVersion.objects.values_list("version", flat=True).first() or 0
    return {**report, "version": version}


def _wanted(section: Section, document: Document) -> Wanted:
    wanted = {pk: row.columns() if row else None for pk, row in document.rows[section.name].items()}
    if section is LOOT:
        for pk, columns in wanted.items():
            if columns:
                columns["vendor_id"] = document.homes[pk]
    return wanted


def _homeless(document: Document) -> list[str]:
    """Loot that stands under one vendor in the document, and under another for good."""
    stored = Loot.objects.filter(pk__in=document.homes).values_list("pk", "vendor_id")
    return [
        f"vendors.{document.homes[pk]}.loot.{pk}: "
        f"vendor {home}, whose loot stays, has loot with this id"
        for pk, home in sorted(stored)
        if home not in document.refilled
    ]


def _given_by_products(document: Document) -> list[str]:
    """Loot that the document leaves out of its vendor, and that a product gives."""
    products = Product.objects.filter(loot__vendor_id__in=document.refilled)
    gone = products.exclude(loot_id__in=document.homes).order_by("loot_id", "name")
    return [
        f"vendors.{product.loot.vendor_id}.loot: "
        f"must keep loot {product.loot_id}, which product {product} gives"
        for product in gone.select_related("loot")
        if product.loot
    ]


def _broken(document: Document, wanted: Mapping[str, Wanted]) -> list[str]:
    """The rules that would be broken: by what the document names, or because of it."""
    version, tables = stored_rows()
    before = set(problems_of(current_catalogue()))
    unread = {
        (section.kind, pk)
        for section in ALL_SECTIONS
        for pk, columns in wanted[section.name].items()
        if columns is None
    }
    after = {
        section.table: _merged(section, tables[section.table], wanted[section.name], document)
        for section in ALL_SECTIONS
    }
    return [
        str(problem)
        for problem in problems_of(catalogue_of(version, after), unread=unread)
        if problem not in before or problem.row in document.paths
    ]


def _merged(section: Section, stored: list[Row], wanted: Wanted, document: Document) -> list[Row]:
    key = section.key_column
    stays = (
        row
        for row in stored
        if row[key] not in wanted
        and not (section is LOOT and row["vendor_id"] in document.refilled)
    )
    return [*stays, *({key: pk, **columns} for pk, columns in wanted.items() if columns)]


def _write(section: Section, wanted: Wanted) -> dict[str, int]:
    """Insert what is new and update what differs, in one statement; the rest is left alone."""
    rows = {pk: columns for pk, columns in sorted(wanted.items()) if columns}
    fields = list(next(iter(rows.values()), {}))
    table = section.model._default_manager
    stored = {row[0]: row[1:] for row in table.filter(pk__in=rows).values_list("pk", *fields)}
    changed = {pk: row for pk, row in rows.items() if stored.get(pk) != tuple(row.values())}
    if section.model is Promotion:
        locked = Promotion.objects.filter(pk__in=changed).select_for_update(no_key=True)
        list(locked.order_by("pk").values_list("pk"))
    table.bulk_create(
        [section.model(pk=pk, **row) for pk, row in changed.items()],
        update_conflicts=True,
        unique_fields=[section.key_column],
        update_fields=fields,
    )
    created = len(rows.keys() - stored.keys())
    return {
        "created": created,
        "updated": len(changed) - created,
        "unchanged": len(rows) - len(changed),
    }


def _delete_replaced_loot(document: Document) -> int:
    gone = Loot.objects.filter(vendor_id__in=document.refilled).exclude(pk__in=document.homes)
    return gone.delete()[0]
