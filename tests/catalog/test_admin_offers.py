from decimal import Decimal

import pytest

from catalog.models import Offer
from tests.factories import OfferFactory, ProductFactory
from tests.orders.selling import a_sale
from tests.staff import form_in, said, staff, superuser

pytestmark = pytest.mark.django_db

OFFERS = "/admin/catalog/offer/"
CHANGE = ("catalog.view_offer", "catalog.change_offer")


def page_of(offer):
    return f"{OFFERS}{offer.pk}/change/"


def status_of(offer, status):
    return f"{OFFERS}{offer.pk}/status/{status}/"


def now(offer):
    return Offer.objects.get(pk=offer.pk)


def found(term):
    answer = staff("catalog.view_offer").get(OFFERS, {"q": term})
    return {offer.pk for offer in answer.context["cl"].result_list}


def test_offer_is_added_as_a_draft():
    product = ProductFactory()
    client = staff("view", "catalog.add_offer")
    form = {
        "id": "offer_456",
        "name": "Figurine, by mail",
        "product": product.pk,
        "base_price": "99.99",
        "currency": "EUR",
        "billing_cycle": "one_time",
        "attributes": '{"colour": "red"}',
        "status": "active",
    }

    answer = client.post(f"{OFFERS}add/", form)

    assert answer.status_code == 302
    offer = Offer.objects.get()
    assert (offer.pk, offer.product, offer.base_price, offer.currency, offer.status) == (
        "offer_456",
        product,
        Decimal("99.99"),
        "EUR",
        "draft",
    )


def test_currency_that_is_no_code_is_refused():
    client = staff(*CHANGE)
    offer = OfferFactory()
    form = form_in(client.get(page_of(offer)))

    answer = client.post(page_of(offer), {**form, "currency": "eur"})

    assert answer.context["adminform"].form.errors == {
        "currency": ["Three capital letters, as in EUR."]
    }


@pytest.mark.parametrize("text", ['{"a": 1e30}', '{"a": 1e400}', '{"a": "\\u0000"}', "[1]", "1"])
def test_attributes_that_no_list_could_show_are_refused(text):
    client = staff(*CHANGE)
    offer = OfferFactory()
    form = form_in(client.get(page_of(offer)))

    answer = client.post(page_of(offer), {**form, "attributes": text})

    assert list(answer.context["adminform"].form.errors) == ["attributes"]


def test_attributes_may_be_left_empty():
    client = staff(*CHANGE)
    offer = OfferFactory(attributes={"colour": "red"})

    answer = client.post(page_of(offer), {**form_in(client.get(page_of(offer))), "attributes": ""})

    assert answer.status_code == 302
    assert now(offer).attributes == {}


def test_change_of_an_offer_leaves_its_id_product_and_status_alone():
    client = staff(*CHANGE)
    offer = OfferFactory()
    form = form_in(client.get(page_of(offer)))
    other = {"id": "offer_other", "product": ProductFactory().pk, "status": "retired"}

    client.post(page_of(offer), {**form, **other, "base_price": "5"})

    after = Offer.objects.get()
    assert (after.pk, after.product, after.status, after.base_price) == (
        offer.pk,
        offer.product,
        "active",
        5,
    )


def test_price_of_what_is_ordered_stays_when_the_offer_changes():
    client = staff(*CHANGE)
    offer = OfferFactory()
    order = a_sale(offer)
    form = form_in(client.get(page_of(offer)))

    client.post(page_of(offer), {**form, "base_price": "1"})

    assert order.lines.get().unit_price == Decimal("99.99")


def test_offers_are_found_by_id_group_and_name():
    mug = OfferFactory(id="offer_mug", name="Enamel mug", group_id="kitchen")
    OfferFactory(name="Figurine")

    assert found("offer_mug") == found("kitchen") == found("mug") == {mug.pk}


def test_status_is_asked_for_and_changed_once():
    offer = OfferFactory(name="Mug", status="draft", product__status="paused", product__units=3)
    client = staff(*CHANGE)

    asked = client.get(status_of(offer, "active"))
    assert asked.context["lines"] == [
        "It can be had from now on.",
        f"99.99 USD for one {offer.product}; 3 available.",
    ]
    assert asked.context["warnings"] == [
        "Its product is paused: nobody can buy it as long as that is so."
    ]
    answers = [client.post(status_of(offer, "active"), follow=True) for _ in range(2)]
    assert [said(answer) for answer in answers] == [
        ["Mug: active now."],
        ["The offer is active already."],
    ]
    assert now(offer).status == "active"


def test_retired_offer_stays_so():
    offer = OfferFactory(status="retired")

    answer = staff(*CHANGE).post(status_of(offer, "active"))

    assert answer.context["warnings"] == ["The offer is retired: it cannot become active."]
    assert now(offer).status == "retired"


def test_product_page_shows_its_offers():
    offer = OfferFactory(name="Mug, by mail")

    page = superuser().get(f"/admin/catalog/product/{offer.product.pk}/change/")

    [offers] = [panel for panel in page.context["panels"] if panel.title == "Offers"]
    assert [row[1:] for row in offers.rows] == [("99.99 USD", "Once", "Active")]


RIGHTS = {
    "nothing": (),
    "look": ("catalog.view_offer",),
    "change": CHANGE,
    "change, unseen": ("catalog.change_offer",),
    "add": ("catalog.view_offer", "catalog.add_offer"),
}
ALLOWED = {
    "list": {"look", "change", "change, unseen", "add"},
    "page": {"look", "change", "change, unseen", "add"},
    "add": {"add"},
    "change status": {"change"},
    "delete": set(),
}


@pytest.mark.parametrize("rights", RIGHTS)
def test_every_page_of_offers_by_every_right(rights):
    offer = OfferFactory(status="draft")
    client = staff(*RIGHTS[rights])

    asked = {
        "list": client.get(OFFERS),
        "page": client.get(page_of(offer)),
        "add": client.get(f"{OFFERS}add/"),
        "change status": client.post(status_of(offer, "active")),
        "delete": client.post(f"{OFFERS}{offer.pk}/delete/", {"post": "yes"}),
    }

    allowed = {name for name, answer in asked.items() if answer.status_code != 403}
    assert allowed == {name for name, who in ALLOWED.items() if rights in who}
    assert now(offer).status == ("active" if rights == "change" else "draft")
