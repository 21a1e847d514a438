from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.errors import CatalogueChanged, CatalogueInvalid
from catalog.models import CatalogVersion, Item, Loot, PricePoint, Promotion
from catalog.services.change_catalogue import change_catalogue, refuse_if_changed
from catalog.services.export_catalog import export_catalog
from catalog.services.import_catalog import import_catalog
from tests.catalog.test_import_catalog import catalogue
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
from tests.threads import threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def loot():
    return LootFactory(id=700, vendor=VendorFactory(id=9), item=ItemFactory(id=10, name="gems"))


def version():
    return CatalogVersion.objects.get().version


def test_change_is_kept(loot):
    with change_catalogue():
        Item.objects.filter(pk=10).update(name="jewels")

    assert Item.objects.get(pk=10).name == "jewels"


def break_it():
    with change_catalogue():
        Item.objects.filter(pk=10).update(name="jewels")
        Loot.objects.filter(pk=700).update(item=None, sub_vendor=9)


def test_change_that_makes_a_problem_is_refused_whole(loot):
    before = version()

    with pytest.raises(CatalogueInvalid) as refusal:
        break_it()

    assert refusal.value.problems == ["vendors.9.loot.700.sub_vendor_id: a cycle: 9 → 9"]
    assert Item.objects.get(pk=10).name == "gems"
    assert Loot.objects.get(pk=700).sub_vendor is None
    assert version() == before


def test_problem_that_was_there_before_is_no_reason_to_refuse(loot):
    Loot.objects.filter(pk=700).update(sub_vendor=9)

    with change_catalogue():
        Item.objects.filter(pk=10).update(name="jewels")

    assert Item.objects.get(pk=10).name == "jewels"


FIRST, LAST = datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 5, 1, tzinfo=UTC)


def built(make, **columns):
    """A row that is not saved yet; it refers to what is there."""
    there = {"vendor": 9, "item": 10, "loot": 700}
    fields = make._meta.model._meta.concrete_fields
    row = make.build(**{field.name: None for field in fields if field.is_relation})
    known = {field.attname: there[field.name] for field in fields if field.name in there}
    for name, value in (known | columns).items():
        setattr(row, name, value)
    return row


@pytest.mark.parametrize(
    ("make", "columns", "problem"),
    [
        (
            PromotionFactory,
            {"code": "C", "starts_at": LAST, "ends_at": FIRST},
            "promotions.C.ends_at: must be after starts_at",
        ),
        (
            PricePointFactory,
            {"id": "pp", "current_breakpoints": [{"quantity": 1, "currencies": []}]},
            "price_points.pp.current_breakpoints.0.currencies: must not be empty",
        ),
        (
            BucketUseRuleSetFactory,
            {"id": "r", "rules": {"psn": ["free", "free"]}},
            "inventory_bucket_use_rule_sets.r.rules: names a bucket more than once under psn",
        ),
        (
            XpTableFactory,
            {"id": 5, "minimums": [-1, 2]},
            "xp_tables.5.xp_entries.1: must be greater than or equal to 0",
        ),
        (ItemFactory, {"id": -1}, "items.-1: an id must be an integer, in plain digits"),
        (LootFactory, {"id": -1}, "vendors.9.loot.-1: an id must be an integer, in plain digits"),
    ],
)
def test_row_that_could_not_be_imported_is_refused(loot, make, columns, problem):
    before = catalogue()

    with pytest.raises(CatalogueInvalid) as refusal, change_catalogue():
        built(make, **columns).save(force_insert=True)

    assert refusal.value.problems == [problem]
    assert catalogue() == before


def test_row_that_was_misshapen_before_is_no_reason_to_refuse_another(loot):
    built(PromotionFactory, code="C", starts_at=LAST, ends_at=FIRST).save()

    with change_catalogue():
        Item.objects.filter(pk=10).update(name="jewels")
    with pytest.raises(CatalogueInvalid), change_catalogue():
        Promotion.objects.update(max_uses=5)
    assert list(Promotion.objects.values_list("max_uses")) == [(None,)]
    with change_catalogue():
        Promotion.objects.all().delete()

    assert (Item.objects.get(pk=10).name, Promotion.objects.count()) == ("jewels", 0)


def test_row_counts_as_it_is_in_the_end(loot):
    with change_catalogue():
        row = built(PricePointFactory, current_breakpoints=[{"quantity": 1, "currencies": []}])
        row.save()
        row.current_breakpoints = []
        row.save()

    assert PricePoint.objects.get().current_breakpoints == []


FACTORIES = (
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
BUCKETS = st.sampled_from(["none", "steam", "psn"])
PRICES = st.fixed_dictionaries(
    {"price_item_id": st.sampled_from([10, 10, 404]), "price": st.integers(0, 2)}
)
BREAKPOINTS = st.lists(
    st.fixed_dictionaries(
        {"quantity": st.integers(0, 2), "currencies": st.lists(PRICES, max_size=2)}
    ),
    max_size=2,
)
MOMENTS = [FIRST, LAST, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
VALUES = {
    "rules": st.dictionaries(BUCKETS, st.lists(BUCKETS, max_size=3), max_size=2),
    "minimums": st.lists(st.integers(-1, 3), max_size=3),
    "portals": st.lists(BUCKETS, max_size=2),
    "coupon_discount_loot": st.lists(st.sampled_from([-1, 700, 404]), max_size=2),
    "current_breakpoints": BREAKPOINTS,
    "pre_sale_breakpoints": BREAKPOINTS,
    "BooleanField": st.booleans(),
    "CharField": st.sampled_from(["", "A", "b", "Ö"]),
    "DateTimeField": st.sampled_from(MOMENTS),
    "DecimalField": st.sampled_from(["0", "0.25", "1", "1.5"]),
    "ForeignKey": st.sampled_from([9, 10, 700, "r", "pp"]),
}
NUMBERS = st.sampled_from([-1, 0, 1, 2, 2**31 - 1, 2**63 - 1])


def values_of(field):
    """What a column may be given: the good, the odd, and what no catalogue can have."""
    if field.choices:
        found = st.sampled_from([value for value, _ in field.choices])
    else:
        found = VALUES.get(field.name, VALUES.get(field.get_internal_type(), NUMBERS))
    return st.none() | found if field.null else found


@settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_saved_can_be_exported_and_imported(loot, data):
    make = data.draw(st.sampled_from(FACTORIES))
    fields = st.sampled_from(make._meta.model._meta.concrete_fields)
    changed = data.draw(st.lists(fields, max_size=3, unique=True))
    columns = {field.attname: data.draw(values_of(field), field.name) for field in changed}

    with suppress(CatalogueInvalid, DatabaseError, ValueError), change_catalogue():
        built(make, **columns).save()
        connection.check_constraints()  # as a commit does

    before = catalogue()
    import_catalog(export_catalog())
    assert catalogue() == before


def test_deletion_of_what_is_in_use_is_refused(loot):
    with pytest.raises(CatalogueInvalid) as refusal, change_catalogue():
        loot.item.delete()

    assert refusal.value.problems == ["It is still used by loot Loot (700)."]
    assert Item.objects.filter(pk=10).exists()


def test_row_that_was_changed_since_is_refused(loot):
    seen = version()
    Loot.objects.filter(pk=700).update(quantity=5)

    with pytest.raises(CatalogueChanged):
        refuse_if_changed(loot, since=seen)
    refuse_if_changed(loot, since=version())
    refuse_if_changed(loot.item, since=seen)


@pytest.mark.django_db(transaction=True)
def test_two_changes_come_one_after_the_other(loot):
    """Without the lock neither would see what the other makes of the same vendors."""
    LootFactory(id=800, vendor=VendorFactory(id=8), item=loot.item)

    def lead(pk, to):
        with change_catalogue():
            Loot.objects.filter(pk=pk).update(item=None, sub_vendor=to)

    with threads(2) as start:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE catalog_xptable IN SHARE ROW EXCLUSIVE MODE")
            changes = [start(lead, 700, 8), start(lead, 800, 9)]
        refusals = [change.exception(timeout=30) for change in changes]

    assert sorted(type(refusal).__name__ for refusal in refusals) == [
        "CatalogueInvalid",
        "NoneType",
    ]
    assert Loot.objects.exclude(sub_vendor=None).count() == 1
