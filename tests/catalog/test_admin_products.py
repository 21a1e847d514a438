from uuid import uuid4

import pytest

from catalog.models import Product, StockMovement, Supplier
from tests.factories import (
    EstablishmentFactory,
    LootFactory,
    ProductFactory,
    SupplierFactory,
)
from tests.orders.reserving import a_reservation
from tests.staff import form_in, said, staff, superuser

pytestmark = pytest.mark.django_db

PRODUCTS = "/admin/catalog/product/"
CORRECT = ("catalog.view_product", "catalog.adjust_stock")
CHANGE = ("catalog.view_product", "catalog.change_product")


def page_of(product):
    return f"{PRODUCTS}{product.pk}/change/"


def now(product):
    return Product.objects.get(pk=product.pk)


def counts(product):
    product = now(product)
    return product.stock, product.reserved, product.movements.count()


def found(answer):
    return [row.pk for row in answer.context["cl"].result_list]


# --- The product ---------------------------------------------------------------------------


def test_product_is_added_as_a_draft_without_stock():
    client = staff("catalog.view_product", "catalog.add_product", "players.view_establishment")
    establishment = EstablishmentFactory()
    form = {
        "name": "Figurine",
        "establishment": establishment.pk,
        "kind": "physical",
        "price": "99.50",
        "denominations": "25, 50",
        "visible": "on",
        "stock": "7",
        "status": "active",
    }

    client.post(f"{PRODUCTS}add/", form)

    product = Product.objects.get()
    assert (product.name, product.establishment, product.price) == (
        "Figurine",
        establishment,
        product.price,
    )
    assert (product.denominations, product.stock, product.status) == ([25, 50], 0, "draft")


def test_denomination_that_is_no_number_is_named():
    client = staff(*CHANGE)
    address = page_of(ProductFactory())
    form = form_in(client.get(address))

    answer = client.post(address, {**form, "denominations": "25, abc"})

    assert answer.context["adminform"].form.errors == {
        "denominations": ["Value 2: Enter a whole number."]
    }


def test_change_of_a_product_leaves_its_stock_and_status_alone(django_assert_num_queries):
    product = ProductFactory()
    client = staff(*CHANGE)
    form = form_in(client.get(page_of(product)))
    a_reservation(product=product)

    client.post(page_of(product), {**form, "name": "Mug", "stock": "99", "status": "draft"})

    assert (now(product).name, now(product).status) == ("Mug", "active")
    assert counts(product) == (10, 1, 2)


def test_product_page_shows_movements_with_who_made_them():
    product = ProductFactory(loot=LootFactory())
    order = a_reservation(product=product)

    page = superuser().get(page_of(product))

    [movements] = [panel for panel in page.context["panels"] if panel.title == "Stock movements"]
    assert [row[1:] for row in movements.rows] == [
        ("Held for an order", "10", "+1 → 1", "key:1", ""),
        ("Corrected", "+10 → 10", "0", "system", ""),
    ]
    assert movements.all_url == f"/admin/catalog/stockmovement/?product_id={product.pk}"
    ledger = superuser().get("/admin/catalog/stockmovement/", {"product_id": str(product.pk)})
    assert len(found(ledger)) == 2
    assert order.reference in ledger.content.decode()


@pytest.mark.parametrize("term", ["{pk}", "dRAGON", "fig"])
def test_product_is_found(term):
    product = ProductFactory(name="Dragon figurine")
    ProductFactory(name="Mug")

    assert found(staff("view").get(PRODUCTS, {"q": term.format(pk=product.pk)})) == [product.pk]


def test_movements_are_found_by_product():
    product = ProductFactory(name="Dragon figurine")
    ProductFactory(name="Mug")

    for term in (str(product.pk), "dragon"):
        rows = found(staff("view").get("/admin/catalog/stockmovement/", {"q": term}))
        assert rows == [product.movements.get().pk]


def test_movements_are_listed_with_as_many_queries_for_one_as_for_three(
    django_assert_max_num_queries,
):
    client = staff("view")
    path = "/admin/catalog/stockmovement/"
    a_reservation()
    client.get(path)
    with django_assert_max_num_queries(40) as one:
        client.get(path)
    for _ in range(3):
        a_reservation()

    with django_assert_max_num_queries(len(one)):
        client.get(path)


def test_supplier_is_added_and_keeps_its_id():
    client = superuser()
    client.post("/admin/catalog/supplier/add/", {"id": "works", "name": "Works"})

    client.post("/admin/catalog/supplier/works/change/", {"id": "other", "name": "Figurine Works"})

    assert list(Supplier.objects.values_list("id", "name")) == [("works", "Figurine Works")]


def test_supplier_page_shows_its_products():
    product = ProductFactory(supplier=SupplierFactory(id="works"))

    page = staff("view").get("/admin/catalog/supplier/works/change/")

    [panel] = page.context["panels"]
    assert [row[1:] for row in panel.rows] == [(product.price, "10", "Active")]
    assert panel.all_url == f"{PRODUCTS}?supplier_id=works"
    assert found(staff("view").get(panel.all_url)) == [product.pk]


@pytest.mark.parametrize("path", ["product", "supplier", "stockmovement"])
def test_nothing_is_deleted_even_by_a_superuser(path):
    product = ProductFactory(supplier=SupplierFactory())
    pk = {
        "product": product.pk,
        "supplier": product.supplier_id,
        "stockmovement": product.movements.get().pk,
    }[path]

    answer = superuser().post(f"/admin/catalog/{path}/{pk}/delete/", {"post": "yes"})

    assert (answer.status_code, Product.objects.count()) == (403, 1)


# --- The stock -----------------------------------------------------------------------------


def stock_of(product):
    return f"{PRODUCTS}{product.pk}/stock/"


def confirmed(client, product, **form):
    """The form as it is sent once its effect was shown."""
    form = {"operation_id": str(uuid4()), "note": "counted", **form}
    shown = client.post(stock_of(product), form)
    sent = {name: field.value() for name, field in zip(
        shown.context["form"].fields, shown.context["form"], strict=True
    )}  # fmt: skip
    return shown, {**sent, "confirm": ""}


@pytest.mark.parametrize(
    ("operation", "quantity", "effect", "stock"),
    [
        ("add", 5, ["In stock: 10 → 15 (+5)", "Available: 9 → 14", "Reason: counted"], 15),
        ("take", 9, ["In stock: 10 → 1 (-9)", "Available: 9 → 0", "Reason: counted"], 1),
        ("set", 12, ["In stock: 10 → 12 (+2)", "Available: 9 → 11", "Reason: counted"], 12),
    ],
)
def test_stock_is_corrected_after_its_effect_was_shown(operation, quantity, effect, stock):
    product = ProductFactory()
    a_reservation(product=product)
    client = staff(*CORRECT)

    shown, form = confirmed(client, product, operation=operation, quantity=quantity)

    assert shown.context["lines"] == effect
    assert counts(product) == (10, 1, 2)
    answer = client.post(stock_of(product), form)
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(product))
    assert counts(product) == (stock, 1, 3)
    movement = StockMovement.objects.latest("pk")
    assert (movement.by, movement.note) == (f"staff:{client.member.pk}", "counted")


def test_second_click_corrects_nothing_and_says_done():
    product = ProductFactory()
    client = staff(*CORRECT)
    _, form = confirmed(client, product, operation="set", quantity=12)

    answers = [client.post(stock_of(product), form, follow=True) for _ in range(3)]

    assert [said(answer) for answer in answers] == [["Done, as the movements show."]] * 3
    assert counts(product) == (12, 0, 2)


def test_correction_is_refused_where_the_stock_has_changed_since_and_can_be_asked_again():
    product = ProductFactory()
    client, other = staff(*CORRECT), staff(*CORRECT)
    _, form = confirmed(client, product, operation="add", quantity=5)
    other.post(stock_of(product), confirmed(other, product, operation="take", quantity=1)[1])

    answer = client.post(stock_of(product), form)

    assert answer.context["form"].non_field_errors() == [
        "The stock has changed since: it was 10, it is 9."
    ]
    assert counts(product) == (9, 0, 2)
    again = {name: value for name, value in form.items() if name != "confirm"}
    shown = client.post(stock_of(product), again)
    assert shown.context["lines"][0] == "In stock: 9 → 14 (+5)"


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        (
            {"operation": "take", "quantity": "10"},
            {"quantity": ["There are 10. Reserved of them, and therefore to stay: 1."]},
        ),
        (
            {"operation": "set", "quantity": "10"},
            {"quantity": ["That changes nothing: there are 10."]},
        ),
        (
            {"operation": "add", "quantity": "1000000000"},
            {"quantity": ["At most 1,000,000,000 can be in stock."]},
        ),
        ({"operation": "add", "quantity": "1", "note": " "}, {"note": ["This field is required."]}),
        (
            {"operation": "steal", "quantity": "-1"},
            {
                "operation": ["Select a valid choice. steal is not one of the available choices."],
                "quantity": ["Ensure this value is greater than or equal to 0."],
            },
        ),
    ],
)
def test_wrong_correction_is_shown_again_and_moves_nothing(form, errors):
    product = ProductFactory()
    a_reservation(product=product)

    answer = staff(*CORRECT).post(
        stock_of(product), {"operation_id": str(uuid4()), "note": "x", "confirm": "", **form}
    )

    assert answer.context["form"].errors == errors
    assert counts(product) == (10, 1, 2)


def test_correction_that_was_never_shown_is_shown_first():
    product = ProductFactory()
    form = {"operation_id": str(uuid4()), "operation": "add", "quantity": 5, "note": "x"}

    answer = staff(*CORRECT).post(stock_of(product), {**form, "confirm": ""})

    assert answer.context["lines"][0] == "In stock: 10 → 15 (+5)"
    assert counts(product) == (10, 0, 1)


# --- Its status ----------------------------------------------------------------------------


def status_of(product, status):
    return f"{PRODUCTS}{product.pk}/status/{status}/"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("draft", "active", "Mug: active now."),
        ("active", "paused", "Mug: paused now."),
        ("paused", "retired", "Mug: retired now."),
    ],
)
def test_product_is_offered_paused_and_retired_on_post_only(before, after, told):
    product = ProductFactory(name="Mug", status=before)
    client = staff(*CHANGE)

    asked = client.get(status_of(product, after))
    assert (asked.status_code, now(product).status) == (200, before)
    answers = [client.post(status_of(product, after), follow=True) for _ in range(2)]

    assert now(product).status == after
    assert [said(answer) for answer in answers] == [[told], [f"The product is {after} already."]]


def test_status_that_cannot_be_reached_says_why_and_has_no_button():
    product = ProductFactory(status="retired")

    answer = staff(*CHANGE).post(status_of(product, "active"))

    assert answer.context["warnings"] == ["The product is retired: it cannot become active."]
    assert answer.context["button"] == ""
    assert now(product).status == "retired"


def test_buttons_of_a_product_say_why_not():
    page = superuser().get(page_of(ProductFactory()))

    assert [(button.label, button.disabled) for button in page.context["buttons"]] == [
        ("Correct stock", ""),
        ("Pause", ""),
        ("Retire", ""),
    ]
    page = superuser().get(page_of(ProductFactory(status="draft")))
    assert page.context["buttons"][2].disabled == "The product is draft: it cannot become paused."


def test_doubts_about_an_offer_are_told():
    loot = LootFactory(name="pack", active=False)
    product = ProductFactory(status="draft", visible=False, units=0, loot=loot)

    asked = staff(*CHANGE).get(status_of(product, "active"))

    assert asked.context["warnings"] == [
        "It is not visible: nobody can have it as long as that is so.",
        "None is available: nobody can have it before the stock is corrected.",
        f"Its loot {loot} is not active: whoever acquires it gets nothing.",
    ]


def test_unknown_status_and_product_are_not_found():
    client = superuser()

    answers = [
        client.get(status_of(ProductFactory(), "sold")),
        client.get(f"{PRODUCTS}{uuid4()}/stock/"),
        client.get(f"{PRODUCTS}{uuid4()}/status/active/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 3


# --- Who may -------------------------------------------------------------------------------

RIGHTS = {
    "nothing": (),
    "look": ("view",),
    "stock": ("view", "catalog.adjust_stock"),
    "stock, unseen": ("catalog.adjust_stock",),
    "change": ("view", "catalog.change_product"),
    "change, unseen": ("catalog.change_product",),
    "add": ("view", "catalog.add_product"),
}
ALLOWED = {
    "list": {"look", "stock", "change", "change, unseen", "add"},
    "page": {"look", "stock", "change", "change, unseen", "add"},
    "add": {"add"},
    "save": {"change", "change, unseen"},
    "correct stock": {"stock"},
    "change status": {"change"},
    "movements": {"look", "stock", "change", "add"},
}


@pytest.mark.parametrize("rights", RIGHTS)
def test_every_page_of_products_by_every_right(rights):
    product = ProductFactory(status="draft")
    client = staff(*RIGHTS[rights])

    asked = {
        "list": client.get(PRODUCTS),
        "page": client.get(page_of(product)),
        "add": client.get(f"{PRODUCTS}add/"),
        "save": client.post(page_of(product), {}),
        "correct stock": client.post(stock_of(product), {}),
        "change status": client.post(status_of(product, "active")),
        "movements": client.get("/admin/catalog/stockmovement/"),
    }

    allowed = {name for name, answer in asked.items() if answer.status_code != 403}
    assert allowed == {name for name, who in ALLOWED.items() if rights in who}
    assert now(product).status == ("active" if rights == "change" else "draft")
    assert counts(product) == (10, 0, 1)
