"""One factory per model that tests make directly."""

import factory
from factory.django import DjangoModelFactory

from catalog.models import Item, Loot, Vendor
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
