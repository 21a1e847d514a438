import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.models import CatalogVersion
from catalog.services.export_catalog import export_catalog
from catalog.services.import_catalog import import_catalog
from catalog.services.take_snapshot import TABLES
from tests.catalog.test_import_catalog import WHOLE, catalogue, document
from tests.factories import ItemFactory, LootFactory, TimeFrameFactory, VendorFactory

pytestmark = pytest.mark.django_db

SECTIONS = {
    name: {}
    for name in (
        "xp_tables",
        "inventory_bucket_use_rule_sets",
        "time_frames",
        "price_points",
        "items",
        "vendors",
        "promotions",
        "skus",
    )
}


def test_export_of_nothing_has_every_section():
    assert json.loads(export_catalog()) == SECTIONS


def test_export_is_sorted_and_leaves_out_defaults():
    ten, nine = ItemFactory(id=10, name="ö"), ItemFactory(id=9, name="ö")
    two, _ = VendorFactory(id=2), VendorFactory(id=1)
    LootFactory(id=3, vendor=two, item=nine, is_claimable_by_client=False)
    LootFactory(id=1, vendor=two, item=ten, quantity=2)
    TimeFrameFactory(id=3)

    assert (
        export_catalog().decode()
        == """\
{
  "xp_tables": {},
  "inventory_bucket_use_rule_sets": {},
  "time_frames": {
    "3": {
      "start": "2025-01-01T00:00:00+00:00",
      "end": "2100-01-01T00:00:00+00:00"
    }
  },
  "price_points": {},
  "items": {
    "9": {
      "type": "unit",
      "name": "ö"
    },
    "10": {
      "type": "unit",
      "name": "ö"
    }
  },
  "vendors": {
    "1": {
      "loot": {}
    },
    "2": {
      "loot": {
        "1": {
          "item_id": 10,
          "quantity": 2,
          "is_claimable_by_client": true
        },
        "3": {
          "item_id": 9
        }
      }
    }
  },
  "promotions": {},
  "skus": {}
}
"""
    )


def test_export_says_everything_that_was_imported():
    import_catalog(document(**WHOLE))

    exported = json.loads(export_catalog())

    assert exported["items"]["12"] == WHOLE["items"]["12"]
    assert exported["xp_tables"] == WHOLE["xp_tables"]
    assert exported["price_points"]["pp1"] == WHOLE["price_points"]["pp1"]
    assert exported["skus"] == WHOLE["skus"]
    assert exported["promotions"].keys() == {"BACK", "WELCOME"}
    said = {**WHOLE["vendors"]["8"]["loot"]["700"], "effective_from": "2023-12-31T23:00:00+00:00"}
    del said["sub_vendor_id"]
    assert exported["vendors"]["8"]["loot"]["700"] == said


def test_export_imported_changes_nothing():
    import_catalog(document(**WHOLE))
    before = catalogue()

    import_catalog(export_catalog())

    assert catalogue() == before


def test_export_of_what_was_imported_elsewhere_is_the_same():
    import_catalog(document(**WHOLE))
    exported = export_catalog()
    before = catalogue()
    version = CatalogVersion.objects.get().version
    empty()

    import_catalog(exported)

    assert export_catalog() == exported
    assert {**catalogue(), "CatalogVersion": 0} == {**before, "CatalogVersion": 0}
    assert CatalogVersion.objects.get().version > version


def empty():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_export_catalog_command_writes_to_standard_output(capsysbinary):
    ItemFactory()

    call_command("export_catalog")

    assert capsysbinary.readouterr() == (export_catalog(), b"")


def test_export_catalog_command_writes_a_file(tmp_path, capsysbinary):
    ItemFactory()

    call_command("export_catalog", str(tmp_path / "catalogue.json"))

    assert (tmp_path / "catalogue.json").read_bytes() == export_catalog()
    assert capsysbinary.readouterr() == (b"", b"")


def test_export_catalog_command_says_why_it_cannot_write(tmp_path):
    with pytest.raises(CommandError, match=r"nowhere/x\.json: No such file or directory$"):
        call_command("export_catalog", str(tmp_path / "nowhere/x.json"))
