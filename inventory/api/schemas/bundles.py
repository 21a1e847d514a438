"""Dynamic bundles."""

from pydantic import BaseModel, Field

from inventory.api.schemas.values import Int


class DynamicBundle(BaseModel):
    """The selection of a dynamic bundle that is offered to a Player."""

    loot_id: Int = Field(description="The Loot of the bundle.")
    vendor_etag: str = Field(description="The `vendor_etag` for an order of the bundle.")
    dynamic_bundle_loot_ids: list[Int] = Field(
        description="The `dynamic_bundle_loot_ids` for an order of the bundle."
    )
