"""The catalogue document (DOMAIN 4.5): its shape, read strictly, without a look at the database."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from catalog.models import Bucket, Item, Loot, Vendor

MAX_BIGINT = 2**63 - 1
MAX_INTEGER = 2**31 - 1

Name = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Natural = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
Moment = Annotated[
    AwareDatetime,
    # From text; and so far from the ends of the calendar that any zone can show it.
    Field(strict=False, gt=datetime(1, 1, 2, tzinfo=UTC), lt=datetime(9999, 12, 31, tzinfo=UTC)),
]


class Row(BaseModel):
    """The keys are the columns of the model, and so are the defaults."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ItemRow(Row):
    type: Annotated[Item.Type, Field(strict=False)]
    name: Name = ""
    active: bool = True
    always_owned: bool = False


class VendorRow(Row):
    type: Annotated[Vendor.Type, Field(strict=False)] = Vendor.Type.RECIPE
    name: Name = ""
    active: bool = True
    legacy_config_version: Annotated[int, Field(ge=-MAX_BIGINT, le=MAX_BIGINT)] | None = None


class LootRow(Row):
    name: Name = ""
    item_id: Natural | None = None
    sub_vendor_id: Natural | None = None
    quantity: Natural = 1
    quantity_type: Annotated[Loot.QuantityType, Field(strict=False)] = Loot.QuantityType.RELATIVE
    quantity_mult_inventory_item_id: Natural | None = None
    hard_quantity_maximum: Natural = 0
    inventory_selector_type: Annotated[Loot.Selector, Field(strict=False)] = Loot.Selector.OWN
    inventory_operation: Annotated[Loot.Operation, Field(strict=False)] = Loot.Operation.ADD
    sort_order: Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)] = 0
    active: bool = True
    effective_from: Moment | None = None
    is_claimable_by_client: bool = False
    use_inventory_bucket: Annotated[Bucket, Field(strict=False)] | None = None


RowType = TypeVar("RowType", bound=Row)

# Said better than pydantic says it.
MESSAGES = {
    "extra_forbidden": "unknown key",
    "missing": "missing",
    "string_pattern_mismatch": "must not contain the character U+0000",
}


@dataclass(slots=True)
class Document:
    """What was read. A row is None where its own shape is wrong: `problems` then says how.

    Loot comes with the vendor it stands under; `refilled` are the vendors that list their loot.
    """

    items: dict[int, ItemRow | None] = field(default_factory=dict)
    vendors: dict[int, VendorRow | None] = field(default_factory=dict)
    loot: dict[int, tuple[int, LootRow | None]] = field(default_factory=dict)
    refilled: set[int] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def read_document(text: bytes) -> Document:
    """Read all of it, whatever is wrong with it, so that one look shows every problem."""
    return _Reader().read(text)


class _Reader:
    def __init__(self) -> None:
        self.document = Document()
        # By identity; the object itself stands beside its keys, lest another gets its identity.
        self.repeated: dict[int, tuple[dict[str, Any], list[str]]] = {}

    def read(self, text: bytes) -> Document:
        try:
            body = json.loads(text, object_pairs_hook=self._object)
        except (ValueError, RecursionError) as error:
            self._problem("", f"not JSON: {error}")
            return self.document
        sections = self._members(body)
        for name in sections:
            if name not in {"items", "vendors"}:
                self._problem(name, "unknown key")
        for item_id, path, row in self._table(sections, "items"):
            self.document.items[item_id] = self._row(ItemRow, row, path)
        for vendor_id, path, row in self._table(sections, "vendors"):
            self._read_vendor(vendor_id, path, row)
        return self.document

    def _read_vendor(self, vendor_id: int, path: str, row: dict[str, Any]) -> None:
        own = {key: value for key, value in row.items() if key != "loot"}
        self.document.vendors[vendor_id] = self._row(VendorRow, own, path)
        if "loot" in row:
            self.document.refilled.add(vendor_id)
        for loot_id, loot_path, loot in self._table(row, "loot", path):
            if loot_id in self.document.loot:
                other, _ = self.document.loot[loot_id]
                self._problem(loot_path, f"vendor {other} has loot with this id too")
            self.document.loot[loot_id] = vendor_id, self._row(LootRow, loot, loot_path)

    def _table(
        self, parent: dict[str, Any], name: str, path: str = ""
    ) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """The rows under one key: id, path and members of each."""
        path = f"{path}.{name}".lstrip(".")
        for key, row in self._members(parent.get(name, {}), path).items():
            row_path = f"{path}.{key}"
            members = self._members(row, row_path)
            if not re.fullmatch(r"0|[1-9][0-9]{0,18}", key) or int(key) > MAX_BIGINT:
                self._problem(row_path, "an id must be an integer, in plain digits")
            elif isinstance(row, dict):
                yield int(key), row_path, members

    def _row(self, kind: type[RowType], members: dict[str, Any], path: str) -> RowType | None:
        try:
            return kind.model_validate(members)
        except ValidationError as error:
            for wrong in error.errors(include_url=False, include_input=False):
                field_path = ".".join([path, *map(str, wrong["loc"])])
                said = re.sub("^(Input|String) should", "must", wrong["msg"])
                self._problem(field_path, MESSAGES.get(wrong["type"], said))
            return None

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
