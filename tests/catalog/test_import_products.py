import io
import json
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from catalog.errors import CatalogueInvalid
from catalog.models import Offer, Product, StockMovement, Supplier
from catalog.services.import_products import import_products
from config.local import demo
from players.models import CoinEntry, Establishment
from tests.factories import EstablishmentFactory, LootFactory, ProductFactory, SupplierFactory

pytestmark = pytest.mark.django_db

CASINO = "e57ab115-4e57-4ab1-8e57-e57ab1154e57"
FIGURINE = "f1a57000-0000-4000-8000-000000000001"
CARD = "f1a57000-0000-4000-8000-000000000002"


def counts(created=0, updated=0, unchanged=0):
    return {"created": created, "updated": updated, "unchanged": unchanged}


def imported(**document):
    return import_products(json.dumps(document).encode())


def problems_of(**document):
    with pytest.raises(CatalogueInvalid) as refusal:
        imported(**document)
    return refusal.value.problems


@pytest.fixture
def loot():
    return LootFactory(id=7)


@pytest.fixture
def document(loot):
    return {
        "establishments": [
            {
                "id": CASINO,
                "name": "Casino",
                "email": "casino@example.com",
                "imageUrl": "https://images.example.com/casino.png",
                "thumbnailUrl": "https://images.example.com/small.png",
                "coins": 5000,
            }
        ],
        "suppliers": [{"id": "works", "name": "Figurine Works"}],
        "products": [
            {
                "id": FIGURINE,
                "establishmentId": CASINO,
                "supplierId": "works",
                "name": "Figurine",
                "description": "12 cm",
                "imageUrl": "https://images.example.com/figurine.png",
                "kind": "physical",
                "price": 99.5,
                "stock": 25,
                "visible": False,
                "status": "paused",
                "lootId": 7,
            },
            {"id": CARD, "name": "Card", "kind": "digital", "price": 25, "denominations": [25, 50]},
        ],
        "offers": [
            {
                "id": "offer_figurine",
                "productId": FIGURINE,
                "name": "Figurine, by mail",
                "description": "With a stand",
                "basePrice": 19.99,
                "currency": "EUR",
                "billingCycle": "one_time",
                "offerGroupId": "figurines",
                "attributes": {"colour": "red", "weight": 0.5},
                "status": "paused",
            },
            {"id": "offer_card", "productId": CARD, "basePrice": 25},
        ],
    }


PRODUCT = {
    "establishment_id": None,
    "supplier_id": None,
    "description": "",
    "image_url": "",
    "denominations": [],
    "stock": 0,
    "reserved": 0,
    "visible": True,
    "status": "active",
    "loot_id": None,
}


def stored(model, pk):
    [row] = model.objects.filter(pk=pk).values()
    return {name: value for name, value in row.items() if name not in ("id", "created_at")}


def test_document_becomes_rows(document):
    report = imported(**document)

    assert report == {
        "establishments": counts(created=1),
        "suppliers": counts(created=1),
        "products": counts(created=2),
        "offers": counts(created=2),
    }
    assert stored(Establishment, CASINO) == {
        "name": "Casino",
        "email": "casino@example.com",
        "image_url": "https://images.example.com/casino.png",
        "thumbnail_url": "https://images.example.com/small.png",
        "coins": Decimal(5000),
    }
    assert stored(Supplier, "works") == {"name": "Figurine Works"}
    figurine = stored(Product, FIGURINE)
    assert {**figurine, "establishment_id": str(figurine["establishment_id"])} == {
        **PRODUCT,
        "establishment_id": CASINO,
        "supplier_id": "works",
        "name": "Figurine",
        "description": "12 cm",
        "image_url": "https://images.example.com/figurine.png",
        "kind": "physical",
        "price": Decimal("99.50"),
        "stock": 25,
        "visible": False,
        "status": "paused",
        "loot_id": 7,
    }
    assert stored(Product, CARD) == {
        **PRODUCT,
        "name": "Card",
        "kind": "digital",
        "price": Decimal(25),
        "denominations": [25, 50],
    }


def test_offers_become_rows(document):
    imported(**document)

    offers = Offer.objects.order_by("pk").values()
    card, figurine = ({**offer, "product_id": str(offer["product_id"])} for offer in offers)
    assert {name: value for name, value in figurine.items() if name != "created_at"} == {
        "id": "offer_figurine",
        "product_id": FIGURINE,
        "name": "Figurine, by mail",
        "description": "With a stand",
        "base_price": Decimal("19.99"),
        "currency": "EUR",
        "billing_cycle": "one_time",
        "group_id": "figurines",
        "attributes": {"colour": "red", "weight": 0.5},
        "status": "paused",
    }
    assert (card["name"], card["base_price"], card["currency"], card["status"]) == (
        "Card",
        25,
        "USD",
        "active",
    )


def test_offer_keeps_its_product_and_is_never_offered_again_once_retired(document):
    imported(**document)
    document["offers"][1]["status"] = "retired"
    imported(**document)
    document["offers"] = [
        document["offers"][0] | {"productId": CARD},
        document["offers"][1] | {"status": "active"},
    ]

    assert problems_of(**document) == [
        f"offers.0.productId: the offer is of product {FIGURINE}",
        "offers.1.status: The offer is retired: it cannot become active.",
    ]


def test_stock_and_coins_begin_with_a_row_of_their_ledgers(document):
    imported(**document)

    [movement] = StockMovement.objects.values(
        "product", "kind", "stock_change", "stock", "by", "note"
    )
    assert (str(movement.pop("product")), movement) == (
        FIGURINE,
        {
            "kind": "correction",
            "stock_change": 25,
            "stock": 25,
            "by": "system",
            "note": "Opening stock",
        },
    )
    [entry] = CoinEntry.objects.values_list("player", "amount", "balance", "reason", "by")
    assert entry == (None, 5000, 5000, "opening", "system")


def test_same_document_again_changes_nothing(document):
    imported(**document)
    before = [stored(Product, FIGURINE), StockMovement.objects.count(), CoinEntry.objects.count()]

    report = imported(**document)

    assert report == {
        "establishments": counts(unchanged=1),
        "suppliers": counts(unchanged=1),
        "products": counts(unchanged=2),
        "offers": counts(unchanged=2),
    }
    after = [stored(Product, FIGURINE), StockMovement.objects.count(), CoinEntry.objects.count()]
    assert after == before


def test_what_differs_is_written_but_stock_coins_and_status_stay(document):
    imported(**document)
    document["establishments"][0] |= {"name": "Palace", "coins": 1}
    document["suppliers"][0]["name"] = "Works"
    document["products"][0] |= {"price": 80, "stock": 3}
    del document["products"][0]["status"], document["products"][0]["lootId"]

    report = imported(**document)

    assert report == {
        "establishments": counts(updated=1),
        "suppliers": counts(updated=1),
        "products": counts(updated=1, unchanged=1),
        "offers": counts(unchanged=2),
    }
    casino, figurine = stored(Establishment, CASINO), stored(Product, FIGURINE)
    assert (casino["name"], casino["coins"]) == ("Palace", 5000)
    assert stored(Supplier, "works") == {"name": "Works"}
    named = ("price", "stock", "status", "loot_id")
    assert [figurine[name] for name in named] == [80, 25, "paused", None]


def test_product_of_rows_that_were_there_before():
    product = ProductFactory()
    establishment, supplier = EstablishmentFactory(), SupplierFactory()

    imported(
        products=[
            {
                "id": str(product.pk),
                "name": "Mug",
                "price": 1,
                "establishmentId": str(establishment.pk),
                "supplierId": supplier.pk,
                "status": "retired",
            }
        ]
    )

    product = Product.objects.get()
    assert (product.establishment, product.supplier) == (establishment, supplier)
    assert (product.name, product.status, product.stock) == ("Mug", "retired", 10)


def test_status_that_cannot_be_reached_is_refused():
    product = ProductFactory(status="retired")

    problems = problems_of(
        suppliers=[{"id": "new", "name": "New"}],
        products=[{"id": str(product.pk), "name": "Mug", "price": 1, "status": "active"}],
    )

    assert problems == ["products.0.status: The product is retired: it cannot become active."]
    assert Product.objects.get().name == product.name
    assert not Supplier.objects.exists()


def an_offer(**members):
    return {"id": "offer_card", "productId": CARD, "basePrice": 1, **members}


def a_product(**members):
    return {"id": FIGURINE, "name": "Figurine", "price": 1, **members}


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        ({"things": []}, ["things: unknown key"]),
        ({"products": {}}, ["products: must be a valid list"]),
        ({"products": [3]}, ["products.0: must be a valid dictionary or instance of ProductRow"]),
        (
            {"products": [{"colour": "red"}]},
            [
                "products.0.id: missing",
                "products.0.name: missing",
                "products.0.price: missing",
                "products.0.colour: unknown key",
            ],
        ),
        ({"products": [a_product(price="1")]}, ["products.0.price: must be a number"]),
        ({"products": [a_product(price=True)]}, ["products.0.price: must be a number"]),
        (
            {"products": [a_product(price=-1)]},
            ["products.0.price: must be greater than or equal to 0"],
        ),
        (
            {"products": [a_product(price=1.005)]},
            ["products.0.price: Decimal input should have no more than 2 decimal places"],
        ),
        (
            {"products": [a_product(stock=2**31)]},
            ["products.0.stock: must be less than or equal to 2147483647"],
        ),
        (
            {"products": [a_product(name="a\x00b")]},
            ["products.0.name: must not contain the character U+0000"],
        ),
        (
            {"products": [a_product(kind="liquid")]},
            ["products.0.kind: must be 'physical' or 'digital'"],
        ),
        (
            {"products": [a_product(denominations=[5, 5])]},
            ["products.0.denominations: names a face value more than once"],
        ),
        (
            {"products": [a_product(), a_product()]},
            ["products.1.id: products.0 has it too"],
        ),
        (
            {"products": [a_product(establishmentId=CASINO, supplierId="none", lootId=404)]},
            [
                f"products.0.establishmentId: there is no establishment {CASINO}",
                "products.0.supplierId: there is no supplier none",
                "products.0.lootId: there is no loot 404",
            ],
        ),
        (
            {"offers": [an_offer(basePrice=-1, currency="eur", attributes={"a": "\x00"})]},
            [
                "offers.0.basePrice: must be greater than or equal to 0",
                "offers.0.currency: must be three capital letters, as in EUR",
                "offers.0.attributes: a text with NUL, or half a character, cannot be stored",
            ],
        ),
        (
            {"offers": [an_offer(attributes={"ean": 123456789012345678901})]},
            [
                "offers.0.attributes: a number beyond 9007199254740992 must be a text",
            ],
        ),
        (
            {"offers": [an_offer(), an_offer()]},
            ["offers.1.id: offers.0 has it too"],
        ),
        ({"offers": [an_offer()]}, [f"offers.0.productId: there is no product {CARD}"]),
    ],
)
def test_wrong_document_is_refused_with_every_problem(document, problems):
    assert problems_of(**document) == problems
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"[]", "the document must be an object"),
        (b"nonsense", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'{"suppliers": [{"id": "a", "id": "b", "name": ""}]}',
         "suppliers.0: a key stands here more than once"),
        (b'{"products": [], "products": []}', "a key of the document stands there more than once"),
    ],
)  # fmt: skip
def test_text_that_is_no_document_is_refused(text, problem):
    with pytest.raises(CatalogueInvalid) as refusal:
        import_products(text)

    assert refusal.value.problems == [problem]


def test_many_products_take_as_many_queries_as_few(django_assert_max_num_queries):
    products = [
        {"id": str(UUID(int=number, version=4)), "name": "Mug", "price": 1, "stock": 5}
        for number in range(50)
    ]

    with django_assert_max_num_queries(12):
        imported(products=products)
    with django_assert_max_num_queries(12):
        imported(products=products)

    assert StockMovement.objects.count() == 50


def test_command_answers_what_it_took(tmp_path, capsys):
    file = tmp_path / "products.json"
    file.write_text(json.dumps({"suppliers": [{"id": "works", "name": "Works"}]}))

    call_command("import_products", str(file))

    assert json.loads(capsys.readouterr().out) == {
        "establishments": counts(),
        "suppliers": counts(created=1),
        "products": counts(),
        "offers": counts(),
    }


def test_command_says_what_is_wrong_and_writes_nothing(monkeypatch, tmp_path):
    text = io.TextIOWrapper(io.BytesIO(b'{"suppliers": [{}]}'))
    monkeypatch.setattr("sys.stdin", text)

    with pytest.raises(CommandError, match=r"suppliers\.0\.id: missing"):
        call_command("import_products", "-")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_products", str(tmp_path / "none.json"))

    assert not Supplier.objects.exists()


def test_demo_products_are_imported():
    folder = Path(demo.__file__).parent
    call_command("import_catalog", str(folder / "demo_catalogue.json"), stdout=io.StringIO())

    report = import_products((folder / "demo_products.json").read_bytes())

    assert report["products"] == counts(created=4)
    offered = Product.objects.offered_to(Establishment.objects.get())
    assert sorted(offered.values_list("kind", flat=True)) == ["digital", "physical", "physical"]
