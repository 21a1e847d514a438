"""The OpenAPI document says what the API does, and the API does what it says."""

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from inventory.services.place_player_order import EntryDraft
from tests.factories import ItemFactory, LootFactory

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
def callers(player, place, as_key, as_player):
    """Whoever may do everything, and a catalogue in which a small number is an id."""
    for number in (0, 1):
        LootFactory(id=number, item=ItemFactory(id=number))
    place(EntryDraft(type="fill_loot", loot_id=1, quantity=1), order_id="known")
    return {"me": as_player("inv:*").credential, "player": as_key("inv:*").credential}


# The same door by another path is not worth its thousand requests.
OTHER_PATHS = {"method": "POST", "path_regex": "v1/player/me|v2/player/{"}


@openapi.include(path_regex="^/inventory/").exclude(**OTHER_PATHS).parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.usefixtures("one_connection")
def test_api_answers_as_documented(case, player, callers):
    known = {"player_id": player.pk, "player_uuid": str(player.uuid), "order_id": "known"}
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
    of_path = {}
    for version, player in [("v1", "{player_id}"), ("v2", "{player_uuid}")]:
        for name, end in [(player, ""), ("me", " Self")]:
            path, old = f"/inventory/{version}/player/{name}", version == "v1"
            of_path |= {
                ("post", f"{path}/order"): (
                    f"Create New Player Order{end}",
                    "200 202 403 409 422 500",
                    old,
                ),
                ("get", f"{path}/order"): (
                    f"Get Player Orders{end}",
                    "200 403 404 422 500",
                    old,
                ),
                ("get", f"{path}/order/{{order_id}}"): (
                    f"Get Player Order{end}",
                    "200 403 404 422 500",
                    old,
                ),
                ("get", f"{path}/inventory"): (
                    f"Get Player Inventory{end}",
                    "200 403 404 422 500",
                    old,
                ),
            }
    assert told == {
        **of_path,
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
    } == {
        "PlayerToken": ("http", "bearer", None, None),
        "PlayerTokenCookie": ("apiKey", None, "cookie", "access_token"),
        "ApiKey": ("http", "bearer", None, None),
    }


def test_document_says_which_credential_opens_what():
    assert {
        path.removeprefix("/inventory/"): [name for way in operation["security"] for name in way]
        for path, _, operation in OPERATIONS.values()
        if path.endswith("order") and "v1" in path
    } == {
        "v1/order": ["ApiKey"],
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
        ("HzApiErrorModel", ["error_code", "desc"]),
        ("HTTPValidationError", []),
        ("PurchasePrice", []),
        ("ValidationError", ["loc", "msg", "type"]),
    ],
)
def test_document_marks_as_required_what_the_seeds_do(name, required):
    assert DOCUMENT["components"]["schemas"][name].get("required", []) == required
