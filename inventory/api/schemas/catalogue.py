"""The catalogue as it is read: its tables, each with the ids as keys (DOMAIN 2.9)."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic.config import JsonDict

from catalog.models import Bucket, Item, Loot, Vendor
from inventory.api.schemas.values import Int, Timestamp


def _one_of(words: list[str]) -> JsonDict:
    return {"enum": [*words]}


ItemType = Annotated[str, Field(json_schema_extra=_one_of(Item.Type.values))]
VendorType = Annotated[str, Field(json_schema_extra=_one_of(Vendor.Type.values))]
QuantityType = Annotated[str, Field(json_schema_extra=_one_of(Loot.QuantityType.values))]
InventorySelector = Annotated[str, Field(json_schema_extra=_one_of(Loot.Selector.values))]
InventoryOperation = Annotated[str, Field(json_schema_extra=_one_of(Loot.Operation.values))]
XpQuantityTransform = Annotated[str, Field(json_schema_extra=_one_of(Loot.XpTransform.values))]


class CacheInfo(BaseModel):
    etag: str = Field(description="Identifies this version of the content; the ETag, unquoted.")


class CatalogueItem(BaseModel):
    """An Item: stored in a player's inventory, or a recipe that stands for a Vendor's Loot."""

    type: ItemType
    name: str
    active: bool
    always_owned: bool = Field(description="Given to all Players; cannot be modified.")
    entitled_loot_id: Int | None = Field(
        description="The Loot that an entitlement gives when it is granted and at every session."
    )
    level_xp_table_id: Int | None
    level_vendor_id: Int | None
    coupon_discount_currency_item_id: Int | None
    coupon_discount_percentage: float = Field(ge=0, le=1, description="0: this is no coupon.")
    coupon_discount_loot: list[Int] = Field(description="The Loot IDs that it discounts.")
    coupon_consume_on_use: bool
    inventory_bucket_use_rule_set_id: str | None
    item_portal_use_ruleset_id: Int | None = Field(deprecated=True)
    availability_flags: Int = Field(deprecated=True)
    cache_info: CacheInfo


class CatalogueLoot(BaseModel):
    """Loot determines how an Item, or a Sub Vendor, is fulfilled."""

    loot_id: Int
    vendor_id: Int
    item_id: Int | None
    sub_vendor_id: Int | None = Field(description="Fulfilled instead of the Item.")
    quantity: Int
    quantity_type: QuantityType
    quantity_mult_inventory_item_id: Int | None
    hard_quantity_maximum: Int = Field(description="0: none.")
    inventory_selector_type: InventorySelector
    inventory_operation: InventoryOperation
    sort_order: Int
    drop_weight: Int
    active: bool
    effective_from: Timestamp | None
    is_claimable_by_client: bool
    fill_in_new_order: bool
    allow_partial_bundles: bool
    required_item_id: Int | None
    required_item_count: Int
    stack_limit: Int = Field(description="0: none.")
    time_frame_id: Int | None
    use_inventory_bucket: Bucket | None
    xp_quantity_transform_type: XpQuantityTransform
    current_price_point_guid: str | None
    pre_sale_price_point_guid: str | None = Field(description="Shown, never charged.")
    cache_info: CacheInfo


class CatalogueVendor(BaseModel):
    """A collection of Loot and how to fulfill it. Its etag covers the Loot and its prices."""

    type: VendorType
    active: bool
    legacy_config_version: Int | None = Field(deprecated=True)
    loot: dict[str, CatalogueLoot]
    cache_info: CacheInfo = Field(description="Its etag is what `vendor_etag` is compared with.")


class PriceBreakPointCurrency(BaseModel):
    price_item_id: Int
    price: Int


class PriceBreakpoint(BaseModel):
    quantity: Int = Field(description="From this quantity on.")
    currencies: list[PriceBreakPointCurrency] = Field(
        description="What one unit costs: all of these together."
    )


class CataloguePricePoint(BaseModel):
    name: str
    strict_flag: bool
    cap_flag: bool
    current_breakpoints: list[PriceBreakpoint]
    pre_sale_breakpoints: list[PriceBreakpoint] = Field(description="Shown, never charged.")
    cache_info: CacheInfo


class CatalogueTimeFrame(BaseModel):
    name: str
    active: bool
    start: Timestamp
    end: Timestamp
    hour_interval: int = Field(description="0: no repeating.")
    episode: Int = Field(deprecated=True)
    cache_info: CacheInfo


class CatalogueXpTable(BaseModel):
    xp_entries: dict[str, Int] = Field(description="The minimum XP by level, from 1 on.")
    cache_info: CacheInfo


class CatalogueRuleSet(BaseModel):
    rules: dict[str, list[Bucket]] = Field(
        description="By the bucket of the platform, the buckets usable there, first used first."
    )
    cache_info: CacheInfo


class CatalogueItems(BaseModel):
    items: dict[str, CatalogueItem]
    cache_info: CacheInfo


class CatalogueLoots(BaseModel):
    loot: dict[str, CatalogueLoot]
    cache_info: CacheInfo


class CatalogueVendors(BaseModel):
    vendors: dict[str, CatalogueVendor]
    cache_info: CacheInfo


class CataloguePricePoints(BaseModel):
    price_points: dict[str, CataloguePricePoint]
    cache_info: CacheInfo


class CatalogueTimeFrames(BaseModel):
    time_frames: dict[str, CatalogueTimeFrame]
    cache_info: CacheInfo


class CatalogueXpTables(BaseModel):
    xp_tables: dict[str, CatalogueXpTable]
    cache_info: CacheInfo


class CatalogueRuleSets(BaseModel):
    rule_sets: dict[str, CatalogueRuleSet]
    cache_info: CacheInfo


# --- Odds ----------------------------------------------------------------------------------


class OddsFields(BaseModel):
    player_uuid: UUID | None = Field(
        None,
        description="For this player, as things are now; else for one who has nothing. Takes "
        "`inv:read_inv` for the player.",
    )
    quantity: Annotated[int, Field(ge=1, le=10)] = Field(
        1, description="How often the vendor is filled, in one entry of an order."
    )


class VendorDropOdds(BaseModel):
    """Loot that is drawn and filled."""

    loot_id: Int
    item_id: Int | None
    sub_vendor_id: Int | None
    probability: float = Field(description="That it drops at least once.")
    expected: float = Field(description="How often it drops, on average.")
    error: float = Field(description="With 95 % confidence, no further off; 0 where exact.")


class VendorItemOdds(BaseModel):
    """What becomes of the player's count of an item; what is taken is below 0."""

    item_id: Int
    probability: float = Field(description="Of any change.")
    expected: float = Field(description="The change of the count, on average.")
    quantities: dict[str, float] = Field(description="The probability of each change of the count.")
    error: float = Field(description="With 95 % confidence, no further off; 0 where exact.")


class VendorOdds(BaseModel):
    """What filling a Vendor may give."""

    vendor_id: Int
    catalogue_version: Int
    etag: str = Field(description="The etag of the Vendor that these odds are of.")
    quantity: int
    exact: bool = Field(description="Every way was walked; else so many as `paths` were sampled.")
    paths: int
    cut: bool = Field(description="Not all orders could be followed to their ends.")
    nothing: float = Field(description="The probability that no record changes.")
    results: dict[str, float] = Field(description="The probability of each result of the entry.")
    drops: list[VendorDropOdds]
    items: list[VendorItemOdds]
