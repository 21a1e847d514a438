"""The OpenAPI document says what the API does, and the API does what it says."""

from datetime import timedelta

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from catalog.models import InventoryBucketUseRuleSet, Item, PricePoint, TimeFrame, XpTable
from config.wsgi import application
from inventory.services.accept_player_orders import EntryDraft
from tests.factories import ItemFactory, LootFactory, VendorFactory

DOCUMENT = SchemaGenerator().get_schema(public=True)
openapi = schemathesis.openapi.from_dict(DOCUMENT)
openapi.app = application


@pytest.fixture
def one_connection(db):
    """Keep the test's transaction open from request to request, as Django's test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def callers(as_key, as_player):
    """Whoever may do everything."""
    return {"me": as_player("inv:*").credential, "player": as_key("inv:*").credential}


@pytest.fixture
def known(player, place, own, open_session, settings):
    """What the names in the paths may stand for, in a catalogue in which a small number is an id.

    By chance an order may fill loot 1; loot 2 is a dynamic bundle.
    """
    settings.DYNAMIC_BUNDLES_ENABLED = True
    chest = VendorFactory(id=1, type="randomly_sampled")
    for number in (0, 1):
        LootFactory(id=number, item=ItemFactory(id=number), vendor=chest, drop_weight=1)
    LootFactory(id=2, item=ItemFactory(type="dynamic_bundle"), sub_vendor=chest)
    now = timezone.now()
    XpTable.objects.create(id=1, minimums=[10, 20])
    TimeFrame.objects.create(id=1, start=now, end=now + timedelta(days=1))
    price = {"quantity": 1, "currencies": [{"price_item_id": 1, "price": 5}]}
    PricePoint.objects.create(id="known", current_breakpoints=[price])
    InventoryBucketUseRuleSet.objects.create(id="known", rules={"none": ["none", "steam"]})
    place(EntryDraft(type="fill_loot", loot_id=1, quantity=1), order_id="known")
    open_session(platform="Steam")
    return {
        "player_id": player.pk,
        "player_uuid": str(player.uuid),
        "order_id": "known",
        "inventory_id": str(own(Item.objects.get(id=1)).pk),
        "loot_id": 2,
        "price_point_id": "known",
        "rule_set_id": "known",
        **dict.fromkeys(("item_id", "vendor_id", "time_frame_id", "xp_table_id"), 1),
    }


# The same door by another path is not worth its thousand requests.
OTHER_PATHS = {"method": ["POST", "PUT"], "path_regex": "v1/player/me|v2/player/{"}


@openapi.include(path_regex="^/inventory/").exclude(**OTHER_PATHS).parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.usefixtures("one_connection")
def test_api_answers_as_documented(case, known, callers):
    if case.meta.generation.mode.is_positive:
        case.path_parameters.update({name: known[name] for name in case.path_parameters})
    credential = callers["me" if "/me/" in case.path else "player"]

    case.call_and_validate(
        headers={"Authorization": f"Bearer {credential}"},
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
            response_headers_conformance,
        ],
    )


def test_document_has_no_warnings(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")

    assert capsys.readouterr().err == ""


OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if path.startswith("/inventory/")
}


def test_document_has_every_operation_with_its_title_and_statuses():
    told = {
        (method, path): (
            operation["summary"],
            " ".join(operation["responses"]),
            operation.get("deprecated", False),
        )
        for path, method, operation in OPERATIONS.values()
    }
    placing, reading = "200 202 403 409 422 500", "200 403 404 422 500"
    # The words for an operation, and its statuses, by method and what stands after the player.
    doors = {
        ("post", "order"): ("Create New Player Order", placing),
        ("get", "order"): ("Get Player Orders", reading),
        ("get", "order/{order_id}"): ("Get Player Order", reading),
        ("get", "inventory"): ("Get Player Inventory", reading),
        ("post", "inventory"): ("Create Player Inventory", placing),
        ("put", "inventory"): ("Modify Many Player Inventory", placing),
        ("put", "inventory/{inventory_id}"): ("Modify Player Inventory", placing),
        ("get", "session"): ("Get Inventory Session Info", reading),
        ("post", "session"): ("Create New Inventory Session", "202 403 409 422 500"),
        ("get", "dynamic-bundle/{loot_id}"): ("Get Dynamic Bundle", reading),
    }
    of_player = {
        (method, f"/inventory/{version}/player/{name}/{door}"): (
            words + end,
            statuses,
            version == "v1",
        )
        for version, player in [("v1", "{player_id}"), ("v2", "{player_uuid}")]
        for name, end in [(player, ""), ("me", " Self")]
        for (method, door), (words, statuses) in doors.items()
    }
    tables = {
        "item": ("item_id", "Item"),
        "vendor": ("vendor_id", "Vendor"),
        "loot": ("loot_id", "Loot"),
        "price-point": ("price_point_id", "Price Point"),
        "time-frame": ("time_frame_id", "Time Frame"),
        "xp": ("xp_table_id", "Xp Table"),
        "inventory-bucket-use-rule-set": ("rule_set_id", "Inventory Bucket Use Rule Set"),
    }
    of_catalogue = {
        ("get", f"/inventory/v1/catalog/{word}{end}"): (words, statuses, False)
        for word, (key, title) in tables.items()
        for end, words, statuses in [
            ("", f"Get Catalog {title} All", "200 304 403 422 500"),
            (f"/{{{key}}}", f"Get Catalog {title}", "200 304 403 404 422 500"),
        ]
    }
    assert told == {
        **of_player,
        **of_catalogue,
        ("get", "/inventory/v1/catalog/vendor/{vendor_id}/odds"): (
            "Get Catalog Vendor Odds",
            f"{reading} 503",
            False,
        ),
        ("post", "/inventory/v1/order"): (
            "Create New Player Orders For Many Players",
            "200 403 409 422 500",
            False,
        ),
    }


def test_document_has_every_way_to_authenticate():
    schemes = DOCUMENT["components"]["securitySchemes"]

    assert {
        name: (scheme["type"], scheme.get("scheme"), scheme.get("in"), scheme.get("name"))
        for name, scheme in schemes.items()
        if not name.startswith("Rewards")
    } == {
        "PlayerToken": ("http", "bearer", None, None),
        "PlayerTokenCookie": ("apiKey", None, "cookie", "access_token"),
        "ApiKey": ("http", "bearer", None, None),
    }


def test_document_says_which_credential_opens_what():
    assert {
        path.removeprefix("/inventory/"): [name for way in operation["security"] for name in way]
        for path, _, operation in OPERATIONS.values()
        if path.endswith(("order", "catalog/item")) and "v1" in path
    } == {
        "v1/order": ["ApiKey"],
        "v1/catalog/item": ["PlayerToken", "PlayerTokenCookie", "ApiKey"],
        "v1/player/me/order": ["PlayerToken", "PlayerTokenCookie"],
        "v1/player/{player_id}/order": ["PlayerToken", "PlayerTokenCookie", "ApiKey"],
    }


def test_document_lists_the_words_of_the_seeds():
    """Counted in DOMAIN 2.1."""
    schemas = DOCUMENT["components"]["schemas"]

    assert {
        name: len(schemas[name]["enum"]) for name in ("Source", "EntryType", "Result", "Bucket")
    } == {"Source": 62, "EntryType": 11, "Result": 49, "Bucket": 16}
    assert schemas["DetailType"]["enum"] == [
        "unknown",
        "inventory_change",
        "dynamic_bundle_lti",
        "claim_promo_code",
        "return_promo_code",
        "new_order",
    ]
    assert schemas["RecordType"]["enum"] == ["persistent", "transient", "always_owned"]


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("PlayerOrderCreate", ["entries"]),
        ("PlayerOrderEntryCreate", ["type", "quantity"]),
        ("PurchasePriceCurrency", ["price_item_id", "price"]),
        ("PlayerOrder", ["order_id", "player_uuid", "created_time", "entries"]),
        ("PlayerOrderEntry", ["type", "quantity", "entry_id"]),
        ("PlayerOrderDetail", ["type"]),
        ("InventoryRecord", ["inventory_id", "type", "count", "acquired"]),
        ("PlayerOrders", ["page"]),
        ("CreateInventoryRequests", ["inventory"]),
        ("CreateInventoryRequest", ["item_id"]),
        ("UpdateInventoryRequests", ["inventory"]),
        ("UpdateInventoryRequestById", ["inventory_id"]),
        ("UpdateInventoryRequest", []),
        ("InventorySessionCreateRequest", []),
        ("InventorySessionCreateResponse", ["session_id"]),
        ("InventorySession", ["session_id"]),
        ("HzApiErrorModel", ["error_code", "desc"]),
        ("HTTPValidationError", []),
        ("PurchasePrice", []),
        ("ValidationError", ["loc", "msg", "type"]),
    ],
)
def test_document_marks_as_required_what_the_seeds_do(name, required):
    assert DOCUMENT["components"]["schemas"][name].get("required", []) == required
