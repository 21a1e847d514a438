"""The OpenAPI document says what the sales API does, and the API does what it says."""

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
from tests.orders.api.sales.states import a_sale_that_is

DOCUMENT = SchemaGenerator().get_schema(public=True)
openapi = schemathesis.openapi.from_dict(DOCUMENT)
openapi.app = application
SEED = {
    "SaleCreated": "orderId status totalAmount paymentUrl createdAt",
    "Sale": "id customerId status items totalAmount createdAt",
    "SaleItem": "id offerId quantity price status",
    "SaleChanged": "id status updatedAt",
    "BulkCancelled": "cancelled failed results",
    "ItemsActedOn": "orderId items",
    "ItemResult": "itemId status",
    "PaymentMoved": "orderId paymentStatus transactionId",
    "CreateRequest": "customerId items paymentMethod paymentGatewayId",
    "PaymentRequest": "orderId action paymentDetails",
    "Offer": "id name description vendor pricing offerGroupId attributes status createdAt",
}


@pytest.fixture
def one_connection(db):
    """Keep the test's transaction open from request to request, as Django's test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@openapi.include(path_regex="^/api/(orders|product-catalogue)").parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.usefixtures("one_connection")
def test_api_answers_as_documented(case, as_key, customer, offer):
    if case.meta.generation.mode.is_positive and "id" in case.path_parameters:
        order = a_sale_that_is("awaiting payment", offer, customer=customer)
        case.path_parameters["id"] = offer.pk if "offers" in case.path else order.code

    case.call_and_validate(
        headers={"Authorization": as_key("orders:*", "offers:create").authorization},
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
            response_headers_conformance,
        ],
    )


@pytest.mark.parametrize("name", SEED)
def test_document_has_the_fields_of_the_seed(name):
    assert list(DOCUMENT["components"]["schemas"][name]["properties"]) == SEED[name].split()


def test_document_has_every_operation_with_its_statuses():
    changing = "400 401 403 409 500"
    found = {
        f"{method} {path}": " ".join(operation["responses"])
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
        if path.startswith(("/api/orders", "/api/product-catalogue")) and "export" not in path
    }

    assert found == {
        "post /api/orders/initiate-payment": f"201 {changing}",
        "get /api/orders/odata": "200 400 401 403 500",
        "get /api/orders/aggregated": "200 400 401 403 500",
        "post /api/orders/bulk-cancel": f"200 {changing}",
        "post /api/orders/items/action": "200 400 401 403 404 409 500",
        "post /api/orders/payment-workflow": "200 400 401 402 403 404 409 500",
        "get /api/orders/{id}": "200 400 401 403 404 500",
        "put /api/orders/{id}/status": "200 400 401 403 404 409 500",
        "patch /api/orders/{id}/status": "200 400 401 403 404 409 500",
        "get /api/product-catalogue/offers": "200 400 401 403 500",
        "post /api/product-catalogue/offers": f"201 {changing}",
        "get /api/product-catalogue/offers/{id}": "200 400 401 403 404 500",
    }


def test_offers_are_read_by_anybody():
    offers = DOCUMENT["paths"]["/api/product-catalogue/offers"]

    assert offers["get"]["security"][0] == {}
    assert {} not in offers["post"]["security"]
