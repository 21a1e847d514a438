"""The OpenAPI document says what the rewards API does, and the API does what it says."""

import pytest
import schemathesis
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
from tests.orders.api.rewards.states import an_order

PATHS = "^/(orders|players|coins)"
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
def known(player):
    """What the names in the paths may stand for: an order that nearly all may be done with."""
    order = an_order("captured", player=player)
    return {"playerId": str(player.uuid), "transactionId": str(order.transaction_id)}


@openapi.include(path_regex=PATHS).parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.usefixtures("one_connection")
def test_api_answers_as_documented(case, known, api):
    if case.meta.generation.mode.is_positive:
        case.path_parameters.update({name: known[name] for name in case.path_parameters})

    case.call_and_validate(
        headers={"Authorization": api.authorization},
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
            response_headers_conformance,
        ],
    )


def test_document_has_every_operation_with_its_statuses():
    changing, reading = "200 400 401 403 409 500", "200 400 401 403 500"
    delivering = "200 400 401 403 404 409 422 500"
    order = "/orders/{playerId}/%s/{transactionId}"

    assert {
        (method, path): " ".join(operation["responses"])
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        if path.startswith(("/orders", "/players", "/coins"))
    } == {
        ("post", "/orders/{playerId}/reservation"): changing,
        ("put", order % "details"): delivering,
        ("delete", order % "reservation"): changing,
        ("post", order % "send"): delivering,
        ("post", order % "track"): changing,
        ("post", order % "acquisition"): changing,
        ("delete", order % "acquisition"): changing,
        ("post", "/orders/list"): reading,
        ("get", "/players/{playerId}/orders"): reading,
        ("get", "/players/{playerId}/orders/{transactionId}"): "200 400 401 403 404 500",
        ("put", "/coins"): changing,
    }


@pytest.mark.parametrize(
    ("name", "fields", "nullable"),
    [
        (
            "Reservation",
            (
                "operationId orderType orderStatus orderDisplayStatus value reference playerId"
                " productId playerEmail firstName lastName establishmentId establishmentName"
                " establishmentImage establishmentThumbnailUrl transactionId address country"
                " postalCode city province date trackToken trackUrl"
            ),
            "playerEmail address country postalCode city province",
        ),
        (
            "Sent",
            (
                "operationId transactionId orderType orderStatus orderDisplayStatus playerId"
                " productId establishmentId value playerName playerEmail address"
                " deliveryDetailsCapturedAt"
            ),
            "playerName playerEmail",
        ),
        (
            "Address",
            ("firstName lastName addressLine1 addressLine2 city province country postalCode email"),
            "",
        ),
    ],
)
def test_document_has_the_fields_of_the_seed(name, fields, nullable):
    schema = DOCUMENT["components"]["schemas"][name]

    assert list(schema["properties"]) == fields.split()
    assert schema["required"] == sorted(fields.split())
    assert {
        field for field, said in schema["properties"].items() if "null" in said.get("type", "")
    } == set(nullable.split())


def test_document_has_every_way_to_authenticate():
    schemes = DOCUMENT["components"]["securitySchemes"]

    assert {
        name: (scheme["type"], scheme["scheme"])
        for name, scheme in schemes.items()
        if name.startswith("Rewards")
    } == {
        "RewardsKeyBasic": ("http", "basic"),
        "RewardsKey": ("http", "bearer"),
        "RewardsPlayerToken": ("http", "bearer"),
    }
    [reserve] = DOCUMENT["paths"]["/orders/{playerId}/reservation"].values()
    [coins] = DOCUMENT["paths"]["/coins"].values()
    assert reserve["security"] == [
        {"RewardsKeyBasic": []},
        {"RewardsKey": []},
        {"RewardsPlayerToken": []},
    ]
    assert coins["security"] == [{"RewardsKeyBasic": []}, {"RewardsKey": []}]
