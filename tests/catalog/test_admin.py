import re

import pytest

from catalog.models import Item
from catalog.services.take_snapshot import current_catalogue
from tests.factories import ItemFactory, LootFactory, VendorFactory
from tests.staff import staff, superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor():
    vendor = VendorFactory(id=9, name="gifts")
    gems = ItemFactory(id=10, name="gems")
    LootFactory(id=702, vendor=vendor, item=gems, quantity=5, hard_quantity_maximum=20)
    LootFactory(id=701, vendor=vendor, item=gems, sort_order=1, quantity_type="absolute")
    LootFactory(id=703, vendor=vendor, item=gems, inventory_operation="check_less_than")
    LootFactory(id=700, vendor=vendor, sub_vendor=VendorFactory(id=8), item=None, active=False)
    return vendor


def text(cell):
    return re.sub("<[^>]*>", "", str(cell))


def test_vendor_page_shows_its_etag_and_its_loot_in_the_order_of_fulfilment(vendor):
    page = staff("view").get("/admin/catalog/vendor/9/change/")

    [panel] = page.context["panels"]
    assert [[text(cell) for cell in row] for row in panel.rows] == [
        ["Loot (703)", "gems (10)", "check_less_than", "1 × requested", "0", "yes", "always"],
        ["Loot (700)", "Vendor (8)", "add", "1 × requested", "0", "no", "always"],
        ["Loot (702)", "gems (10)", "add", "5 × requested, at most 20", "0", "yes", "always"],
        ["Loot (701)", "gems (10)", "add", "1", "1", "yes", "always"],
    ]
    assert current_catalogue().vendors[9].etag in page.content.decode()


def test_item_page_shows_the_loot_that_changes_it(vendor):
    page = staff("view").get("/admin/catalog/item/10/change/")

    [panel] = page.context["panels"]
    assert [text(row[0]) for row in panel.rows] == ["Loot (701)", "Loot (702)", "Loot (703)"]


@pytest.mark.parametrize("path", ["item", "vendor", "loot", "item/10/change", "loot/701/change"])
def test_page_says_how_the_catalogue_is_changed(vendor, path):
    page = staff("view").get(f"/admin/catalog/{path}/").content.decode()

    assert "manage.py import_catalog" in page


@pytest.mark.parametrize("verb", ["add", "10/change", "10/delete"])
def test_catalogue_cannot_be_changed_even_by_a_superuser(vendor, verb):
    answer = superuser().post(f"/admin/catalog/item/{verb}/", {"name": "x", "post": "yes"})

    assert answer.status_code == 403
    assert Item.objects.get().name == "gems"


@pytest.mark.parametrize("term", ["10", "gem", "EMS"])
def test_item_is_found(vendor, term):
    ItemFactory(id=11, name="gold")

    answer = staff("view").get("/admin/catalog/item/", {"q": term})

    assert [item.pk for item in answer.context["cl"].result_list] == [10]
