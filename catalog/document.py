"""The catalogue document (DOMAIN 4.5), read strictly, without a look at the database."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from catalog.sections import LOOT, SECTIONS, VENDORS, Row, Section

# Said better than pydantic says it.
MESSAGES = {
    "extra_forbidden": "unknown key",
    "missing": "missing",
    "is_instance_of": "must be a number",
    "too_short": "must not be empty",
    "string_pattern_mismatch": "must not contain the character U+0000",
}


@dataclass(slots=True)
class Document:
    """What was read: of each section, by name, its rows by key. Loot is a section of its own here.

    A row is None where its own shape is wrong: `problems` then says how. `homes` are the vendors
    that loot stands under; `refilled` are those that list their loot. `paths` are those of rows.
    """

    rows: dict[str, dict[Any, Row | None]] = field(default_factory=lambda: defaultdict(dict))
    homes: dict[int, int] = field(default_factory=dict)
    refilled: set[int] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def read_document(text: bytes) -> Document:
    """Read all of it, whatever is wrong with it, so that one look shows every problem."""
    return _Reader().read(text)


def read_row(section: Section, members: dict[str, Any], path: str) -> tuple[Row | None, list[str]]:
    """One row as it stands in a document, or None and what is wrong with it."""
    try:
        return section.row.model_validate(members), []
    except ValidationError as error:
        return None, list(told(error, path))


def told(error: ValidationError, path: str = "") -> Iterator[str]:
    """What pydantic found, each in a line that begins with its path."""
    for wrong in error.errors(include_url=False, include_input=False):
        # Pydantic says "[key]" after a key that is itself what is wrong.
        steps = [path, *(str(step) for step in wrong["loc"] if step != "[key]")]
        place = ".".join(filter(None, steps))
        said = re.sub("^(Input|String) should", "must", wrong["msg"])
        yield f"{place}: {MESSAGES.get(wrong['type'], said)}"


class _Reader:
    def __init__(self) -> None:
        self.document = Document()
        # By identity; the object itself stands beside its keys, lest another gets its identity.
        self.repeated: dict[int, tuple[dict[str, Any], list[str]]] = {}

    def read(self, text: bytes) -> Document:
        try:
            body = json.loads(text, object_pairs_hook=self._object, parse_float=Decimal)
        except (ValueError, RecursionError) as error:
            self._problem("", f"not JSON: {error}")
            return self.document
        sections = self._members(body)
        known = {section.name for section in SECTIONS}
        for name in sections:
            if name not in known:
                self._problem(name, "unknown key")
        for section in SECTIONS:
            for key, path, members in self._table(sections, section):
                if section is VENDORS:
                    self._read_vendor(key, path, members)
                else:
                    self._read_row(section, key, path, members)
        return self.document

    def _read_vendor(self, vendor_id: int, path: str, members: dict[str, Any]) -> None:
        own = {name: value for name, value in members.items() if name != LOOT.name}
        self._read_row(VENDORS, vendor_id, path, own)
        if LOOT.name in members:
            self.document.refilled.add(vendor_id)
        for loot_id, loot_path, loot in self._table(members, LOOT, path):
            if (other := self.document.homes.setdefault(loot_id, vendor_id)) != vendor_id:
                self._problem(loot_path, f"vendor {other} has loot with this id too")
            self._read_row(LOOT, loot_id, loot_path, loot)

    def _read_row(
        self, section: Section, key: Hashable, path: str, members: dict[str, Any]
    ) -> None:
        row, problems = read_row(section, members, path)
        self.document.rows[section.name][key] = row
        self.document.paths.add(path)
        self.document.problems += problems

    def _table(
        self, parent: dict[str, Any], section: Section, path: str = ""
    ) -> Iterator[tuple[Any, str, dict[str, Any]]]:
        """The rows under one key: primary key, path and members of each."""
        path = f"{path}.{section.name}".lstrip(".")
        found: dict[Hashable, str] = {}
        for written, row in self._members(parent.get(section.name, {}), path).items():
            row_path = f"{path}.{written}"
            members = self._members(row, row_path)
            try:
                key = section.key.validate_python(written)
            except ValidationError as error:
                self.document.problems += told(error, row_path)
                continue
            if (other := found.setdefault(key, written)) != written:
                self._problem(row_path, f"is the same as {other}")
            if isinstance(row, dict):
                yield key, row_path, members

    def _members(self, found: Any, path: str = "") -> dict[str, Any]:
        if not isinstance(found, dict):
            self._problem(path, "must be an object" if path else "the document must be an object")
            return {}
        _, repeated = self.repeated.get(id(found), (found, ()))
        for key in repeated:
            self._problem(f"{path}.{key}".lstrip("."), "this key stands here more than once")
        return found

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(key for key, _ in pairs)
            self.repeated[id(found)] = found, [key for key in found if times[key] > 1]
        return found

    def _problem(self, path: str, what: str) -> None:
        self.document.problems.append(f"{path}: {what}" if path else what)
