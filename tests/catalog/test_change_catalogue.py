import pytest
from django.db import connection, transaction

from catalog.errors import CatalogueChanged, CatalogueInvalid
from catalog.models import CatalogVersion, Item, Loot
from catalog.services.change_catalogue import change_catalogue, refuse_if_changed
from tests.factories import ItemFactory, LootFactory, VendorFactory
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
