from collections import defaultdict
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
    loot: dict[int, list[Row]] = defaultdict(list)
    for row in tables[LOOT.table]:
        loot[row["vendor_id"]].append(row)
    document = {section.name: _shown(section, tables[section.table]) for section in SECTIONS}
    for vendor_id, vendor in document[VENDORS.name].items():
        vendor[LOOT.name] = _shown(LOOT, loot[int(vendor_id)])
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _shown(section: Section, rows: list[Row]) -> dict[str, dict[str, Any]]:
    key = itemgetter(section.key_column)
    return {str(key(row)): section.row.shown(row) for row in sorted(rows, key=key)}
