from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from catalog.rows import Row
from catalog.sections import LOOT, SECTIONS, VENDORS, Section
from catalog.services.take_snapshot import stored_rows


def export_catalog() -> bytes:
    """Return the whole catalogue as the document that import_catalog takes.

    The same catalogue gives the same bytes: all sections, rows in the order of their keys, members
    in the order of catalog/sections.py. A member that has its default is left out; the loot of a
    vendor never is, so that imported elsewhere it is all the loot that the vendor has.
    """
    _, tables = stored_rows()
    return document_of(tables)


def document_of(tables: Mapping[str, Sequence[Row]]) -> bytes:
    """The document of these rows; a vendor of loot that is not itself among them has no more."""
    document = {
        section.name: _shown(section, tables.get(section.table, ())) for section in SECTIONS
    }
    vendors = document[VENDORS.name]
    loot = defaultdict[str, list[Row]](list, {vendor_id: [] for vendor_id in vendors})
    for row in tables.get(LOOT.table, ()):
        loot[str(row["vendor_id"])].append(row)
    for vendor_id, rows in loot.items():
        vendors.setdefault(vendor_id, {})[LOOT.name] = _shown(LOOT, rows)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _shown(section: Section, rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    key = itemgetter(section.key_column)
    return {str(key(row)): section.row.shown(row) for row in sorted(rows, key=key)}
