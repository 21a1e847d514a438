"""The sections of the catalogue document (DOMAIN 4.5): the table of each, its keys, its rows.

A member that is left out has the default of its column.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.db import models
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from catalog.models import (
    Bucket,
    InventoryBucketUseRuleSet,
    Item,
    Loot,
    PlatformSku,
    PricePoint,
    Promotion,
    TimeFrame,
    Vendor,
    XpTable,
)
from catalog.models.promotions import CODE_PATTERN
from catalog.snapshot import promotion_code

MAX_BIGINT = 2**63 - 1
MAX_INTEGER = 2**31 - 1
MAX_CODE = 64
NO_NUL = r"^[^\x00]*$"

Name = Annotated[str, Field(max_length=200, pattern=NO_NUL)]
Guid = Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
SkuId = Annotated[str, Field(min_length=1, max_length=128, pattern=NO_NUL)]
Integer = Annotated[int, Field(ge=-MAX_BIGINT, le=MAX_BIGINT)]
Natural = Annotated[int, Field(ge=0, le=MAX_BIGINT)]
Positive = Annotated[int, Field(gt=0, le=MAX_BIGINT)]
SmallNatural = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
BucketName = Annotated[Bucket, Field(strict=False)]
Moment = Annotated[
    AwareDatetime,
    # From text; and so far from the ends of the calendar that any zone can show it.
    Field(strict=False, gt=datetime(1, 1, 2, tzinfo=UTC), lt=datetime(9999, 12, 31, tzinfo=UTC)),
]


def as_decimal(found: Any) -> Any:
    return Decimal(found) if type(found) is int else found


Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4), BeforeValidator(as_decimal)]


class Row(BaseModel):
    """The keys are the columns of the model, but for what `columns` says; so are the defaults."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    def columns(self) -> dict[str, Any]:
        return self.model_dump()

    @classmethod
    def shown(cls, columns: Mapping[str, Any]) -> dict[str, Any]:
        """What the document says of a stored row: what differs from the defaults."""
        return {
            field.alias or name: columns[name]
            for name, field in cls.model_fields.items()
            if field.is_required() or columns[name] != field.get_default(call_default_factory=True)
        }


class XpTableRow(Row):
    name: Name = ""
    xp_entries: dict[str, Natural]

    @field_validator("xp_entries")
    @classmethod
    def _levels_have_no_gaps(cls, entries: dict[str, int]) -> dict[str, int]:
        if not entries or entries.keys() != {str(level + 1) for level in range(len(entries))}:
            raise PydanticCustomError("levels", "must have the levels 1, 2, … without a gap")
        return entries

    def columns(self) -> dict[str, Any]:
        levels = range(1, len(self.xp_entries) + 1)
        return {"name": self.name, "minimums": [self.xp_entries[str(level)] for level in levels]}

    @classmethod
    def shown(cls, columns: Mapping[str, Any]) -> dict[str, Any]:
        entries = {str(at): minimum for at, minimum in enumerate(columns["minimums"], start=1)}
        return super().shown({**columns, "xp_entries": entries})


class RuleSetRow(Row):
    name: Name = ""
    rules: dict[BucketName, list[BucketName]]

    @field_validator("rules")
    @classmethod
    def _a_bucket_is_used_once(cls, rules: dict[str, list[str]]) -> dict[str, list[str]]:
        for platform, buckets in rules.items():
            if len(set(buckets)) < len(buckets):
                text = "names a bucket more than once under {platform}"
                raise PydanticCustomError("bucket_twice", text, {"platform": str(platform)})
        return rules


class TimeFrameRow(Row):
    name: Name = ""
    active: bool = True
    start: Moment
    end: Moment
    hour_interval: SmallNatural = 0
    episode: Integer = 0

    @field_validator("end")
    @classmethod
    def _ends_after_its_start(cls, end: datetime, row: ValidationInfo) -> datetime:
        if "start" in row.data and end <= row.data["start"]:
            raise PydanticCustomError("ends_early", "must be after the start")
        return end


class PriceRow(Row):
    price_item_id: Natural
    price: Positive


class BreakpointRow(Row):
    quantity: Positive
    currencies: Annotated[list[PriceRow], Field(min_length=1)]


class PricePointRow(Row):
    name: Name = ""
    strict_flag: bool = False
    cap_flag: bool = False
    current_breakpoints: list[BreakpointRow] = []
    pre_sale_breakpoints: list[BreakpointRow] = []


class ItemRow(Row):
    type: Annotated[Item.Type, Field(strict=False)]
    name: Name = ""
    active: bool = True
    always_owned: bool = False
    entitled_loot_id: Natural | None = None
    level_xp_table_id: Natural | None = None
    level_vendor_id: Natural | None = None
    coupon_discount_currency_item_id: Natural | None = None
    coupon_discount_percentage: Share = Decimal(0)
    coupon_discount_loot: list[Natural] = []
    coupon_consume_on_use: bool = False
    inventory_bucket_use_rule_set_id: Guid | None = None
    item_portal_use_ruleset_id: Integer | None = None
    availability_flags: Integer = 0


class VendorRow(Row):
    type: Annotated[Vendor.Type, Field(strict=False)] = Vendor.Type.RECIPE
    name: Name = ""
    active: bool = True
    legacy_config_version: Integer | None = None


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
    drop_weight: Natural = 0
    active: bool = True
    effective_from: Moment | None = None
    is_claimable_by_client: bool = False
    fill_in_new_order: bool = False
    allow_partial_bundles: bool = True
    required_item_id: Natural | None = None
    required_item_count: Natural = 1
    stack_limit: Natural = 0
    time_frame_id: Natural | None = None
    xp_quantity_transform_type: Annotated[Loot.XpTransform, Field(strict=False)] = (
        Loot.XpTransform.NONE
    )
    current_price_point_id: Guid | None = Field(default=None, alias="current_price_point_guid")
    pre_sale_price_point_id: Guid | None = Field(default=None, alias="pre_sale_price_point_guid")
    use_inventory_bucket: BucketName | None = None


class PromotionRow(Row):
    loot_id: Natural
    active: bool = True
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    max_uses: Natural | None = None
    per_player_limit: SmallNatural = 1
    portals: list[BucketName] = []

    @field_validator("ends_at")
    @classmethod
    def _ends_after_its_start(cls, end: datetime | None, row: ValidationInfo) -> datetime | None:
        start = row.data.get("starts_at")
        if start is not None and end is not None and end <= start:
            raise PydanticCustomError("ends_early", "must be after starts_at")
        return end


class LootEntitlementRow(Row):
    type: Annotated[PlatformSku.Type, Field(strict=False)]
    loot_id: Natural
    refund_loot_id: Natural | None = None
    chargeback_loot_id: Natural | None = None
    chargeback_reversal_loot_id: Natural | None = None


class SkuRow(Row):
    platform: Annotated[str, Field(min_length=1, max_length=64, pattern=NO_NUL)]
    sku: Annotated[str, Field(min_length=1, max_length=255, pattern=NO_NUL)]
    loot_entitlement: LootEntitlementRow

    def columns(self) -> dict[str, Any]:
        return {"platform": self.platform, "sku": self.sku, **self.loot_entitlement.columns()}

    @classmethod
    def shown(cls, columns: Mapping[str, Any]) -> dict[str, Any]:
        entitlement = LootEntitlementRow.shown(columns)
        return super().shown({**columns, "loot_entitlement": entitlement})


def _id(key: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", key) or int(key) > MAX_BIGINT:
        raise PydanticCustomError("id", "an id must be an integer, in plain digits")
    return int(key)


def _code(key: str) -> str:
    """However it is written, in capitals, as it is stored and compared."""
    code = promotion_code(key)
    if not key.isascii() or not re.match(CODE_PATTERN, code) or len(code) > MAX_CODE:
        raise PydanticCustomError("code", "a code must be 1 to 64 printable ASCII characters")
    return code


@dataclass(frozen=True)
class Section:
    """`kind` is one of its rows in a sentence; `key` reads its key as it stands in the document."""

    name: str
    kind: str
    model: type[models.Model]
    row: type[Row]
    key: TypeAdapter[Any] = field(default=TypeAdapter(Annotated[int, BeforeValidator(_id)]))

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def key_column(self) -> str:
        return self.model._meta.pk.name


VENDORS = Section("vendors", "vendor", Vendor, VendorRow)
# It stands under its vendor.
LOOT = Section("loot", "loot", Loot, LootRow)
_code_key = TypeAdapter(Annotated[str, AfterValidator(_code)])
_guid_key = TypeAdapter(Guid)
SECTIONS = (
    Section("xp_tables", "XP table", XpTable, XpTableRow),
    Section(
        "inventory_bucket_use_rule_sets",
        "rule set",
        InventoryBucketUseRuleSet,
        RuleSetRow,
        _guid_key,
    ),
    Section("time_frames", "time frame", TimeFrame, TimeFrameRow),
    Section("price_points", "price point", PricePoint, PricePointRow, _guid_key),
    Section("items", "item", Item, ItemRow),
    VENDORS,
    Section("promotions", "promotion", Promotion, PromotionRow, _code_key),
    Section("skus", "SKU", PlatformSku, SkuRow, TypeAdapter(SkuId)),
)
