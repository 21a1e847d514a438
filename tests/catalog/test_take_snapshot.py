from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from catalog import models
from catalog.models import CatalogHistory, CatalogVersion, Item, Loot, Vendor
from catalog.services import take_snapshot
from catalog.services.take_snapshot import catalogue_at, current_catalogue
from catalog.snapshot import (
    Breakpoint,
    BucketUseRuleSet,
    Price,
    PricePoint,
    Promotion,
    Sku,
    TimeFrame,
    XpTable,
)
from catalog.snapshot import Item as SnapshotItem
from catalog.snapshot import Loot as SnapshotLoot
from tests.factories import (
    BucketUseRuleSetFactory,
    ItemFactory,
    LootFactory,
    PlatformSkuFactory,
    PricePointFactory,
    PromotionFactory,
    TimeFrameFactory,
    VendorFactory,
    XpTableFactory,
)
from tests.threads import elsewhere

pytestmark = pytest.mark.django_db

START, END = datetime(2025, 4, 1, 12, 30, 0, 5, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)


def test_catalogue_holds_items_vendors_and_loot():
    vendor = VendorFactory(legacy_config_version=4)
    first = LootFactory(vendor=vendor, sort_order=2, quantity=10, effective_from=START)
    second = LootFactory(vendor=vendor, sort_order=1, active=False, use_inventory_bucket="steam")
    bare = VendorFactory()

    catalogue = current_catalogue()

    assert catalogue.items == {
        item.pk: SnapshotItem(item.pk, "unit") for item in (first.item, second.item)
    }
    assert catalogue.loot[first.pk] == SnapshotLoot(
        id=first.pk,
        vendor_id=vendor.pk,
        item_id=first.item_id,
        quantity=10,
        sort_order=2,
        effective_from=START,
        is_claimable_by_client=True,
    )
    assert catalogue.vendors[vendor.pk].loot == (
        catalogue.loot[second.pk],
        catalogue.loot[first.pk],
    )
    assert catalogue.vendors[vendor.pk].legacy_config_version == 4
    assert catalogue.vendors[bare.pk].loot == ()
    assert catalogue.loot.keys() == {first.pk, second.pk}


def test_catalogue_holds_all_other_tables():
    gems = ItemFactory(id=10)
    frame = TimeFrameFactory(id=3, start=START, end=END, hour_interval=24)
    loot = LootFactory(
        id=700,
        item=gems,
        time_frame=frame,
        current_price_point=PricePointFactory(
            id="pp1",
            strict_flag=True,
            prices={10: 100},
            pre_sale_breakpoints=[{"quantity": 2, "currencies": []}],
        ),
    )
    ItemFactory(
        id=20,
        entitled_loot=loot,
        level_xp_table=XpTableFactory(id=5),
        level_vendor=loot.vendor,
        coupon_discount_currency_item=gems,
        coupon_discount_percentage=Decimal("0.125"),
        coupon_discount_loot=[700],
        coupon_consume_on_use=True,
        inventory_bucket_use_rule_set=BucketUseRuleSetFactory(
            id="r1", rules={"steam": ["steam", "none"]}
        ),
    )
    PromotionFactory(code="WELCOME", loot=loot, starts_at=START, max_uses=5, portals=["psn"])
    PlatformSkuFactory(id="s1", sku="480", loot=loot, refund_loot=loot)

    catalogue = current_catalogue()

    assert catalogue.items[20] == SnapshotItem(
        id=20,
        type="unit",
        entitled_loot_id=700,
        level_xp_table_id=5,
        level_vendor_id=loot.vendor_id,
        coupon_discount_currency_item_id=10,
        coupon_discount_percentage=Decimal("0.125"),
        coupon_discount_loot=frozenset({700}),
        coupon_consume_on_use=True,
        inventory_bucket_use_rule_set_id="r1",
    )
    assert catalogue.price_points == {
        "pp1": PricePoint(
            "pp1",
            strict_flag=True,
            current_breakpoints=(Breakpoint(1, (Price(10, 100),)),),
            pre_sale_breakpoints=(Breakpoint(2, ()),),
        )
    }
    assert catalogue.time_frames == {3: TimeFrame(3, True, START, END, 24)}
    assert catalogue.xp_tables == {5: XpTable(5, (20, 50, 100, 200, 400))}
    assert catalogue.rule_sets == {"r1": BucketUseRuleSet("r1", {"steam": ("steam", "none")})}
    assert catalogue.promotions == {
        "WELCOME": Promotion(
            "WELCOME", 700, starts_at=START, max_uses=5, portals=frozenset({"psn"})
        )
    }
    assert catalogue.skus == {"s1": Sku("s1", "Steam", "480", "durable", 700, refund_loot_id=700)}


def test_catalogue_is_in_the_order_of_the_keys():
    for number in (10, 9, 11):
        ItemFactory(id=number)

    assert list(current_catalogue().items) == [9, 10, 11]


def test_catalogue_is_shared_until_its_version_rises(django_assert_num_queries):
    LootFactory()
    first = current_catalogue()

    with django_assert_num_queries(1):
        assert current_catalogue() is first

    ItemFactory()

    assert len(current_catalogue().items) == 2


def test_catalogue_shows_a_change_that_is_not_committed_and_not_one_that_is_undone():
    LootFactory()
    before = current_catalogue()

    with transaction.atomic():
        ItemFactory()
        inside = current_catalogue()
        transaction.set_rollback(True)

    assert len(inside.items) == 2
    assert current_catalogue() == before


def test_catalogue_is_not_built_again_for_who_changes_it_and_who_does_not(monkeypatch):
    committed = current_catalogue()
    built = []
    build = take_snapshot.catalogue_of

    def note(*args):
        built.append(args[0])
        return build(*args)

    monkeypatch.setattr(take_snapshot, "catalogue_of", note)
    for _ in range(2):
        sid = transaction.savepoint()
        ItemFactory()
        changed = current_catalogue()
        assert current_catalogue() is changed
        transaction.savepoint_rollback(sid)
        assert current_catalogue() is committed

    assert built == sorted({*built})
    assert len(built) == 2


def test_three_catalogues_are_kept():
    for _ in range(5):
        ItemFactory()
        latest = current_catalogue()

    assert len(take_snapshot._kept) == 3
    assert current_catalogue() is latest


@pytest.mark.django_db(transaction=True)
def test_catalogue_does_not_show_what_another_has_not_committed():
    LootFactory()
    current_catalogue()

    with transaction.atomic():
        ItemFactory()
        current_catalogue()
        others = elsewhere(current_catalogue)

    assert len(others.items) == 1
    assert len(current_catalogue().items) == 2


def test_etag_changes_with_the_vendor_its_loot_and_their_prices_alone():
    price_point = PricePointFactory()
    loot, other = LootFactory(current_price_point=price_point), LootFactory()

    def etags():
        vendors = current_catalogue().vendors
        return vendors[loot.vendor_id].etag, vendors[other.vendor_id].etag

    first = etags()
    Loot.objects.filter(pk=loot.pk).update(quantity=7)
    second = etags()
    Vendor.objects.filter(pk=loot.vendor_id).update(active=False)
    third = etags()
    models.PricePoint.objects.update(cap_flag=True)
    fourth = etags()

    assert len({first[0], second[0], third[0], fourth[0]}) == 4
    assert first[1] == second[1] == third[1] == fourth[1]


def version():
    return CatalogVersion.objects.get().version


def truncate():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE catalog_xptable CASCADE")


def test_catalogue_of_every_version_can_be_built_again():
    seen = [current_catalogue()]
    writes = [
        lambda: LootFactory(id=1),
        lambda: XpTableFactory(id=5),
        lambda: Loot.objects.update(quantity=7),
        lambda: PromotionFactory(code="WELCOME", loot=Loot.objects.get()),
        lambda: Loot.objects.filter(pk=1).update(id=2),
        lambda: models.Promotion.objects.update(loot_id=2),
        lambda: models.Promotion.objects.all().delete(),
        lambda: Loot.objects.all().delete(),
        truncate,
    ]
    for write in writes:
        write()
        seen.append(current_catalogue())

    assert len({catalogue.version for catalogue in seen}) == len(seen)
    take_snapshot._built_at.cache_clear()
    assert [catalogue_at(catalogue.version) for catalogue in seen] == seen


def test_catalogue_of_a_version_that_is_yet_to_come_is_none():
    ItemFactory()

    assert catalogue_at(version() + 1) is None


def test_statement_that_changes_nothing_leaves_version_and_history():
    loot = LootFactory(quantity=7)
    before = version(), CatalogHistory.objects.count()

    Loot.objects.update(quantity=7)
    loot.save()
    Loot.objects.filter(pk=-1).delete()

    assert (version(), CatalogHistory.objects.count()) == before


def test_history_has_only_the_rows_that_a_statement_changed():
    for number in (1, 2, 3):
        ItemFactory(id=number, name="old")
    before = version()

    Item.objects.filter(pk__lte=2).update(name="new", type="unit")
    Item.objects.filter(pk=3).delete()

    kept = CatalogHistory.objects.filter(version__gt=before).order_by("version", "key")
    assert [(row.table, row.key, row.row and row.row["name"]) for row in kept] == [
        ("catalog_item", "1", "new"),
        ("catalog_item", "2", "new"),
        ("catalog_item", "3", None),
    ]


@pytest.mark.parametrize(
    "refused",
    [
        lambda: CatalogHistory.objects.update(version=0),
        lambda: CatalogHistory.objects.all().delete(),
    ],
)
def test_history_cannot_be_changed(refused):
    ItemFactory()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        refused()

    assert CatalogHistory.objects.count() == 1


def test_history_says_when():
    ItemFactory()

    [row] = CatalogHistory.objects.all()
    assert datetime.now(UTC) - row.created_at < timedelta(minutes=1)
