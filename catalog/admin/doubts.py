"""What is broken or doubtful in the catalogue: not refused, but likely not what was meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils import timezone
from django.utils.formats import localize

from catalog import models
from catalog.snapshot import Catalogue, Item, Loot, Vendor

RANDOM = models.Vendor.Type.RANDOMLY_SAMPLED


@dataclass(slots=True)
class Doubts:
    """All are asked of one snapshot of the catalogue, at one moment."""

    catalogue: Catalogue
    now: datetime

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.now = timezone.now()

    def of(self, row: Model) -> list[str]:
        """What is doubtful about the row, in words; of a vendor, also what is about its loot."""
        catalogue = self.catalogue
        match row:
            case models.Loot() if loot := catalogue.loot.get(row.pk):
                return list(self._of_loot(loot))
            case models.Vendor() if vendor := catalogue.vendors.get(row.pk):
                return list(self._of_vendor(vendor))
            case models.Item() if item := catalogue.items.get(row.pk):
                return list(self._of_item(item))
            case models.Promotion():
                return list(self._of_promotion(row))
            case models.PricePoint() if not row.current_breakpoints:
                return ["it has no price"]
        return []

    def _of_vendor(self, vendor: Vendor) -> Iterator[str]:
        active = [loot for loot in vendor.loot if loot.active]
        if not active:
            yield "it has no active loot"
        elif vendor.type == RANDOM and not any(loot.drop_weight for loot in active):
            yield "none of its loot has a weight: nothing can drop"
        for loot in active:
            for doubt in self._of_loot(loot):
                yield f"loot {loot.id}: {doubt}"

    def _of_loot(self, loot: Loot) -> Iterator[str]:
        if not loot.active:
            return
        yield from self._of_what_it_gives(loot)
        if loot.required_item_id is not None:
            yield from self._not_active(loot.required_item_id, "required item")
        if loot.quantity_mult_inventory_item_id is not None:
            yield from self._not_active(loot.quantity_mult_inventory_item_id, "multiplier item")
        yield from self._of_its_price(loot)
        yield from self._of_its_time(loot)
        vendor = self.catalogue.vendors.get(loot.vendor_id)
        if vendor and vendor.type == RANDOM and not loot.drop_weight:
            yield "weight 0: it never drops"

    def _of_what_it_gives(self, loot: Loot) -> Iterator[str]:
        if loot.sub_vendor_id is not None:
            sub_vendor = self.catalogue.vendors.get(loot.sub_vendor_id)
            if sub_vendor is None:
                yield f"there is no sub-vendor {loot.sub_vendor_id}"
            elif not sub_vendor.active:
                yield f"sub-vendor {sub_vendor.id} is switched off"
            elif not any(each.active for each in sub_vendor.loot):
                yield f"sub-vendor {sub_vendor.id} has no active loot"
        elif loot.item_id is not None:
            yield from self._not_active(loot.item_id, "item")
        if "invalid" in {loot.inventory_selector_type, loot.inventory_operation}:
            yield "its selector or operation is invalid: it cannot be fulfilled"
        if not loot.quantity and not loot.inventory_operation.startswith(("check", "set")):
            yield "quantity 0: it has no effect"

    def _of_its_price(self, loot: Loot) -> Iterator[str]:
        if loot.current_price_point_id is None:
            return
        price_point = self.catalogue.price_points.get(loot.current_price_point_id)
        if price_point is None:
            yield f"there is no price point {loot.current_price_point_id}"
        elif not price_point.current_breakpoints:
            yield f"price point {price_point.id} has no price"
        else:
            currencies = {
                price.price_item_id
                for each in price_point.current_breakpoints
                for price in each.currencies
            }
            for item_id in sorted(currencies):
                yield from self._not_active(item_id, "currency")

    def _of_its_time(self, loot: Loot) -> Iterator[str]:
        if loot.time_frame_id is None:
            return
        frame = self.catalogue.time_frames.get(loot.time_frame_id)
        if frame is None:
            yield f"there is no time frame {loot.time_frame_id}"
        elif not frame.hour_interval and not frame.active:
            yield f"time frame {frame.id} is switched off"
        elif not frame.hour_interval and frame.end <= self.now:
            yield f"time frame {frame.id} ended at {localize(frame.end)}"

    def _of_item(self, item: Item) -> Iterator[str]:
        if item.level_vendor_id is not None:
            vendor = self.catalogue.vendors.get(item.level_vendor_id)
            if vendor is None or not vendor.active:
                yield f"its level vendor {item.level_vendor_id} is switched off"
        if item.entitled_loot_id is not None:
            loot = self.catalogue.loot.get(item.entitled_loot_id)
            if loot is None or not loot.active:
                yield f"its entitled loot {item.entitled_loot_id} is switched off"
        elif item.type == models.Item.Type.ENTITLEMENT:
            yield "it is an entitlement that gives no loot"
        if item.coupon_discount_percentage and not item.coupon_discount_loot:
            yield "it is a coupon for no loot"

    def _of_promotion(self, promotion: models.Promotion) -> Iterator[str]:
        loot = self.catalogue.loot.get(promotion.loot_id)
        if loot is None or not loot.active:
            yield f"its loot {promotion.loot_id} is switched off"
        if promotion.active and promotion.ends_at and promotion.ends_at <= self.now:
            yield f"it ended at {localize(promotion.ends_at)}"

    def _not_active(self, item_id: int, what: str) -> Iterator[str]:
        item = self.catalogue.items.get(item_id)
        if item is None:
            yield f"there is no {what} {item_id}"
        elif not item.active:
            yield f"{what} {item_id} is switched off"
