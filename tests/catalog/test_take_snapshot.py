import pytest

from catalog.models import Loot, Vendor
from catalog.services import take_snapshot
from catalog.services.take_snapshot import current_catalogue
from catalog.snapshot import Item
from catalog.snapshot import Loot as SnapshotLoot
from tests.factories import ItemFactory, LootFactory, VendorFactory

pytestmark = pytest.mark.django_db


def test_catalogue_holds_items_vendors_and_loot():
    vendor = VendorFactory(legacy_config_version=4)
    first = LootFactory(vendor=vendor, sort_order=2, quantity=10)
    second = LootFactory(vendor=vendor, sort_order=1, active=False, use_inventory_bucket="steam")
    bare = VendorFactory()

    catalogue = current_catalogue()

    assert catalogue.items == {
        item.pk: Item(item.pk, "unit", active=True, always_owned=False)
        for item in (first.item, second.item)
    }
    assert catalogue.loot[first.pk] == SnapshotLoot(
        id=first.pk,
        vendor_id=vendor.pk,
        item_id=first.item_id,
        sub_vendor_id=None,
        quantity=10,
        quantity_type="relative",
        quantity_mult_inventory_item_id=None,
        hard_quantity_maximum=0,
        inventory_selector_type="own",
        inventory_operation="add",
        sort_order=2,
        active=True,
        effective_from=None,
        is_claimable_by_client=True,
        use_inventory_bucket=None,
    )
    assert catalogue.vendors[vendor.pk].loot == (
        catalogue.loot[second.pk],
        catalogue.loot[first.pk],
    )
    assert catalogue.vendors[vendor.pk].legacy_config_version == 4
    assert catalogue.vendors[bare.pk].loot == ()
    assert catalogue.loot.keys() == {first.pk, second.pk}


def test_catalogue_is_shared_until_its_version_rises(django_assert_num_queries):
    LootFactory()
    first = current_catalogue()

    with django_assert_num_queries(1):
        assert current_catalogue() is first

    ItemFactory()

    assert len(current_catalogue().items) == 2


def test_etag_changes_with_the_vendor_and_its_loot_alone():
    loot, other = LootFactory(), LootFactory()

    def etags():
        vendors = current_catalogue().vendors
        return vendors[loot.vendor_id].etag, vendors[other.vendor_id].etag

    first = etags()
    Loot.objects.filter(pk=loot.pk).update(quantity=7)
    second = etags()
    Vendor.objects.filter(pk=loot.vendor_id).update(active=False)
    third = etags()

    assert len({first[0], second[0], third[0]}) == 3
    assert first[1] == second[1] == third[1]


def test_change_between_two_reads_is_not_missed(monkeypatch):
    LootFactory()
    build = take_snapshot._build

    def build_slowly(version):
        catalogue = build(version)
        monkeypatch.undo()
        ItemFactory()
        return catalogue

    monkeypatch.setattr(take_snapshot, "_build", build_slowly)

    assert len(current_catalogue().items) == 2
