"""Offers of the catalogue: public to read, and created by keys (DOMAIN 3.10)."""

import json
from datetime import UTC, datetime

import pytest
import time_machine

from catalog.models import Offer
from tests.factories import EstablishmentFactory, OfferFactory, ProductFactory, SupplierFactory
from tests.orders.api.sales.calls import Api, refusal

pytestmark = pytest.mark.django_db

PATH = "/api/product-catalogue/offers"
NOT_THERE = (404, "NOT_FOUND", "Offer does not exist")


def ids(answer):
    return [offer["id"] for offer in answer.json()["value"]]


@time_machine.travel(datetime(2026, 6, 2, 10, 30, tzinfo=UTC), tick=False)
def test_an_offer_has_the_fields_of_the_document():
    OfferFactory(
        id="offer_456",
        name="Sword",
        product__supplier=SupplierFactory(id="acme", name="Acme"),
        group_id="arms",
        attributes={"level": 3},
    )
    shown = {
        "id": "offer_456",
        "name": "Sword",
        "description": "",
        "vendor": {"id": "acme", "name": "Acme"},
        "pricing": {"basePrice": 99.99, "currency": "USD", "billingCycle": "one_time"},
        "offerGroupId": "arms",
        "attributes": {"level": 3},
        "status": "active",
        "createdAt": "2026-06-02T10:30:00Z",
    }

    assert Api().get(PATH).json() == {"value": [shown], "count": 1}
    assert Api().get(f"{PATH}/offer_456").json() == shown


def test_what_is_not_known_of_an_offer_is_null(offer):
    shown = Api().get(f"{PATH}/{offer.pk}").json()

    assert (shown["vendor"], shown["offerGroupId"]) == (None, None)


def test_who_sees_which_offers(as_key, establishment):
    other = EstablishmentFactory()
    OfferFactory(id="shared")
    OfferFactory(id="shared_paused", status="paused")
    OfferFactory(id="own", product__establishment=establishment)
    OfferFactory(id="own_draft", product__establishment=establishment, status="draft")
    OfferFactory(id="others", product__establishment=other)
    OfferFactory(id="hidden", product__visible=False)

    def seen(api):
        listed = set(ids(api.get(PATH)))
        shown = {each for each in all_ids if api.get(f"{PATH}/{each}").status_code == 200}
        assert listed == shown
        return listed

    all_ids = {"shared", "shared_paused", "own", "own_draft", "others", "hidden"}
    assert seen(Api()) == {"shared"}
    assert seen(as_key("orders:read")) == {"shared", "own", "own_draft"}
    assert seen(as_key("orders:read", of=None)) == all_ids


def test_offers_are_filtered_and_paged(as_key, establishment):
    acme = SupplierFactory(id="acme")
    for number in range(3):
        OfferFactory(id=f"o{number}", product__supplier=acme, group_id="arms")
    OfferFactory(id="o3", product__establishment=establishment, status="paused")
    api = as_key("orders:read")

    assert ids(api.get(f"{PATH}?vendorId=acme")) == ["o2", "o1", "o0"]
    assert ids(api.get(f"{PATH}?offerGroupId=arms&$top=1&$skip=1")) == ["o1"]
    assert api.get(f"{PATH}?offerGroupId=arms&$top=1&$skip=1").json()["count"] == 3
    assert ids(api.get(f"{PATH}?status=paused")) == ["o3"]
    assert ids(api.get(f"{PATH}?vendorId=none")) == []


@pytest.mark.parametrize(
    "query",
    [
        *("status=sold", "$top=-1", "$top=1001", "$skip=x", "vendorId=%00", "$skip=" + "9" * 30),
        *("vendorid=acme", "$filter=x", "$top=1&$top=2", "%00=1"),
    ],
)
def test_a_wrong_query_is_refused(query):
    assert refusal(Api().get(f"{PATH}?{query}"))[:2] == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("offer_id", ["none", "a%00b", "x" * 500])
def test_an_offer_that_is_not_there(offer_id):
    assert refusal(Api().get(f"{PATH}/{offer_id}")) == NOT_THERE


def test_an_offer_is_created(as_key, establishment):
    product = ProductFactory(name="Sword", establishment=establishment)
    body = {
        "productId": str(product.pk),
        "description": "Sharp",
        "pricing": {"basePrice": 12.5, "currency": "EUR", "billingCycle": "monthly"},
        "offerGroupId": "arms",
        "attributes": json.loads('{"a":' * 18 + '{"b": [-9007199254740992, 0.1]}' + "}" * 18),
    }

    api = as_key("offers:create")

    answer = api.post(PATH, body)

    offer = Offer.objects.get()
    assert answer.status_code == 201
    assert answer.json() == api.get(f"{PATH}/{offer.pk}").json()
    assert (offer.product, offer.name, str(offer.base_price)) == (product, "Sword", "12.50")
    assert (offer.currency, offer.billing_cycle, offer.status) == ("EUR", "monthly", "active")
    assert (offer.group_id, offer.attributes) == ("arms", body["attributes"])


def test_an_establishment_offers_its_own_products_only(as_key):
    body = {"pricing": {"basePrice": 1, "currency": "EUR"}}
    shared = ProductFactory()
    others = ProductFactory(establishment=EstablishmentFactory())
    api = as_key("offers:create")

    for product in (shared, others):
        answer = api.post(PATH, {**body, "productId": str(product.pk)})
        assert refusal(answer) == (
            400,
            "INVALID_REQUEST",
            f"There is no product {product.pk}",
        )
    assert not Offer.objects.exists()
    platform = as_key("offers:create", of=None)
    assert platform.post(PATH, {**body, "productId": str(shared.pk)}).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"pricing": {"basePrice": -1, "currency": "EUR"}},
        {"pricing": {"basePrice": 1.005, "currency": "EUR"}},
        {"pricing": {"basePrice": 1e10, "currency": "EUR"}},
        {"pricing": {"basePrice": 1, "currency": "eur"}},
        {"pricing": {"basePrice": 1, "currency": "EURO"}},
        {"pricing": {"basePrice": 1, "currency": "EUR", "billingCycle": "daily"}},
        {"attributes": {"a": "\0"}},
        {"attributes": {"\0": 1}},
        {"attributes": {"a": "x" * 10_001}},
        {"attributes": {"ean": 123456789012345678901}},
        {"attributes": {"a": [-1e300]}},
        {"attributes": {"a": 2**53 + 2}},
        {"attributes": json.loads('{"a":' * 21 + "1" + "}" * 21)},
        {"attributes": []},
        {"status": "retired"},
        {"name": "a\nb"},
    ],
)
def test_an_offer_of_another_shape_is_refused(as_key, establishment, wrong):
    product = ProductFactory(establishment=establishment)
    good = {"productId": str(product.pk), "pricing": {"basePrice": 1, "currency": "EUR"}}

    answer = as_key("offers:create").post(PATH, {**good, **wrong})

    assert refusal(answer)[:2] == (400, "INVALID_REQUEST")
    assert not Offer.objects.exists()
