"""One factory per model that tests make directly."""

from datetime import UTC, datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from catalog.models import (
    InventoryBucketUseRuleSet,
    Item,
    Loot,
    Offer,
    PlatformSku,
    PricePoint,
    Product,
    Promotion,
    StockMovement,
    Supplier,
    TimeFrame,
    Vendor,
    XpTable,
)
from catalog.services.move_stock import record_movement
from players.models import Establishment, Player, User


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"staff{n}")
    is_staff = True


class EstablishmentFactory(DjangoModelFactory):
    class Meta:
        model = Establishment

    name = factory.Sequence(lambda n: f"Establishment {n}")


class PlayerFactory(DjangoModelFactory):
    class Meta:
        model = Player

    first_name = "John"
    last_name = factory.Sequence(lambda n: f"Doe {n}")
    email = factory.Sequence(lambda n: f"player{n}@example.com")


class ItemFactory(DjangoModelFactory):
    class Meta:
        model = Item

    id = factory.Sequence(lambda n: n + 1)
    type = Item.Type.UNIT
    name = factory.LazyAttribute(lambda item: f"item {item.id}")


class VendorFactory(DjangoModelFactory):
    class Meta:
        model = Vendor

    id = factory.Sequence(lambda n: n + 1)


class LootFactory(DjangoModelFactory):
    """One unit of a new item, added to what the player owns, claimable by clients."""

    class Meta:
        model = Loot

    id = factory.Sequence(lambda n: n + 1)
    vendor = factory.SubFactory(VendorFactory)
    item = factory.SubFactory(ItemFactory)
    is_claimable_by_client = True


class XpTableFactory(DjangoModelFactory):
    """The table of DOMAIN 2.14."""

    class Meta:
        model = XpTable

    id = factory.Sequence(lambda n: n + 1)
    minimums = factory.List([20, 50, 100, 200, 400])


class BucketUseRuleSetFactory(DjangoModelFactory):
    class Meta:
        model = InventoryBucketUseRuleSet

    id = factory.Sequence(lambda n: f"rules{n}")
    rules = factory.Dict({"none": ["none"]})


class TimeFrameFactory(DjangoModelFactory):
    class Meta:
        model = TimeFrame

    id = factory.Sequence(lambda n: n + 1)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    end = datetime(2100, 1, 1, tzinfo=UTC)


class PricePointFactory(DjangoModelFactory):
    """`prices`: of one unit, by currency item: `PricePointFactory(prices={10: 100})`."""

    class Meta:
        model = PricePoint

    class Params:
        prices = {}

    id = factory.Sequence(lambda n: f"pp{n}")
    current_breakpoints = factory.LazyAttribute(
        lambda price_point: [
            {
                "quantity": 1,
                "currencies": [
                    {"price_item_id": item_id, "price": price}
                    for item_id, price in price_point.prices.items()
                ],
            }
        ]
    )


class PromotionFactory(DjangoModelFactory):
    class Meta:
        model = Promotion

    code = factory.Sequence(lambda n: f"CODE{n}")
    loot = factory.SubFactory(LootFactory)


class PlatformSkuFactory(DjangoModelFactory):
    class Meta:
        model = PlatformSku

    id = factory.Sequence(lambda n: f"sku{n}")
    platform = "Steam"
    sku = factory.Sequence(str)
    type = PlatformSku.Type.DURABLE
    loot = factory.SubFactory(LootFactory)


class SupplierFactory(DjangoModelFactory):
    class Meta:
        model = Supplier

    id = factory.Sequence(lambda n: f"supplier{n}")
    name = factory.Sequence(lambda n: f"Supplier {n}")


class OfferFactory(DjangoModelFactory):
    """Active, at 99.99 USD, of a product with 10 units: `OfferFactory(product__units=1)`."""

    class Meta:
        model = Offer

    id = factory.Sequence(lambda n: f"offer{n}")
    product = factory.SubFactory("tests.factories.ProductFactory")
    name = factory.Sequence(lambda n: f"Offer {n}")
    base_price = Decimal("99.99")
    status = Offer.Status.ACTIVE


class ProductFactory(DjangoModelFactory):
    """Active and offered to all, with 10 units in stock: `ProductFactory(units=1)` for one."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"product {n}")
    price = 100
    status = Product.Status.ACTIVE

    @factory.post_generation
    def units(self, create, units, **_):
        units = 10 if units is None else units
        if units:
            record_movement(
                self,
                StockMovement.Kind.CORRECTION,
                stock_change=units,
                reserved_change=0,
                by="system",
            )
