import pytest

from orders.models import BulkCancellation, Order
from orders.services.run_bulk_cancellations import run_bulk_cancellations
from tests.factories import OfferFactory
from tests.orders.admin.asking import ORDERS, errors_of, fields_of, support
from tests.orders.selling import a_sale
from tests.orders.states import reserved
from tests.staff import said, staff

pytestmark = pytest.mark.django_db

UNPAID = "display_status__exact=awaiting_payment"
MATCHING = f"{ORDERS}cancel-matching/?{UNPAID}"
HOW = {"coins": "all", "reason": "DUPLICATE", "look": "", "looks": "0"}


@pytest.fixture
def orders():
    """Two sales that match the filter, and a reward that does not."""
    mug = OfferFactory()
    return [a_sale(mug), a_sale(mug), reserved()]


def begin(client):
    """The page of the bulk cancellation of all that match."""
    form = fields_of(client.get(MATCHING))
    return client.post(MATCHING, form).url


def look(client, url):
    sent = {**fields_of(client.get(url)), **HOW}
    client.post(url, sent)
    run_bulk_cancellations(seconds=60)
    return client.get(url)


def statuses(orders):
    found = Order.objects.in_bulk([order.pk for order in orders])
    return [found[order.pk].status for order in orders]


def test_all_that_match_are_settled_looked_at_and_cancelled(orders):
    client = support()

    first = client.get(MATCHING)
    url = begin(client)
    shown = look(client, url)
    confirmed = client.post(url, {"confirm": "", "looks": "1"})
    at_work = client.get(url)
    run_bulk_cancellations(seconds=60)
    done = client.get(url)

    assert first.context["title"] == "Cancel all that match: 2 orders"
    assert shown.context["confirm"] == "Cancel 2 orders"
    assert shown.context["effects"] == [
        "Nothing goes back in all.",
        "Reason: Ordered twice",
        "Players and buyers are told by mail.",
    ]
    assert [panel.title for panel in shown.context["panels"]] == ["Can be cancelled"]
    assert confirmed.url == url
    assert (at_work.context["is_at_work"], at_work.context["progress"]) == (True, 0)
    assert (at_work.headers["Refresh"], "Refresh" in done.headers) == ("2", False)
    assert [(label, count) for label, count, _ in done.context["counts"]] == [("Cancelled", "2")]
    assert statuses(orders) == ["cancelled", "cancelled", "reserved"]
    assert BulkCancellation.objects.get().query == UNPAID


@pytest.mark.parametrize(
    ("step", "given"), [({"confirm": "", "looks": "1"}, "100 coins"), ({"stop": ""}, "nothing")]
)
def test_what_goes_back_is_said_as_done_once_it_is_over(orders, step, given):
    client = support()
    pending = f"{ORDERS}cancel-matching/?display_status__exact=pending"
    url = client.post(pending, fields_of(client.get(pending))).url

    shown = look(client, url)
    client.post(url, step)
    run_bulk_cancellations(seconds=60)
    over = client.get(url)

    assert shown.context["effects"][0] == "100 coins go back in all."
    assert over.context["effects"][0] == f"Given back in all, or on its way: {given}."


def test_form_sent_twice_settles_once(orders):
    client = support()
    form = fields_of(client.get(MATCHING))

    urls = {client.post(MATCHING, form).url for _ in range(2)}

    assert len(urls) == BulkCancellation.objects.count() == 1


def test_all_orders_that_there_are_do_not_match(orders):
    answer = support().post(f"{ORDERS}cancel-matching/", {}, follow=True)

    assert said(answer) == ["Narrow the list first: that would be all orders that there are."]
    assert not BulkCancellation.objects.exists()


def test_nothing_is_cancelled_that_was_not_shown(orders):
    client = support()
    url = begin(client)

    client.post(url, {"confirm": "", "looks": "0"})
    client.post(url, {"confirm": "", "looks": "x"})
    run_bulk_cancellations(seconds=60)

    assert BulkCancellation.objects.get().state == "frozen"
    assert statuses(orders) == ["pending_payment", "pending_payment", "reserved"]


def test_form_says_what_is_missing(orders):
    client = support()
    url = begin(client)

    page = client.post(url, {"look": "", "looks": "0", "coins": "part"})

    assert {"amount", "reason"} <= set(errors_of(page))
    assert BulkCancellation.objects.get().state == "frozen"


def test_choice_can_be_changed_after_its_effect_was_shown(orders):
    client = support()
    url = begin(client)
    look(client, url)

    form = fields_of(client.get(f"{url}?change"))

    assert (form["reason"], form["looks"]) == ("DUPLICATE", "1")


def test_another_may_look_and_stop_but_not_go_on(orders):
    url = begin(support())
    other = support()

    assert other.get(url).context["warnings"] == ["Only who began it can go on with it."]
    assert other.get(url).context["form"] is None
    assert other.post(url, {**HOW, "looks": "0"}).status_code == 403
    assert other.post(url, {"confirm": "", "looks": "0"}).status_code == 403
    other.post(url, {"stop": ""})
    assert BulkCancellation.objects.get().state == "stopped"


@pytest.mark.parametrize("rights", [("view",), ("orders.cancel_order",), ("orders.refund_order",)])
def test_pages_open_only_for_those_who_may_cancel(orders, rights):
    url = begin(support())
    client = staff(*rights)

    for address in (url, "/admin/orders/bulkcancellation/", MATCHING):
        assert client.get(address).status_code == 403
        assert client.post(address, {"stop": ""}).status_code == 403
    assert BulkCancellation.objects.get().state == "frozen"


def test_who_may_not_refund_gives_back_what_the_rules_say(orders):
    client = support("orders.cancel_order")
    url = begin(client)

    forged = client.post(url, {**fields_of(client.get(url)), **HOW})
    look_by_rules = {**fields_of(client.get(url)), **HOW, "coins": "by_status"}
    client.post(url, look_by_rules)

    assert list(errors_of(forged)) == ["coins"]
    assert BulkCancellation.objects.get().state == "looking"


def test_rows_are_listed_by_their_result(orders):
    client = support()
    url = begin(client)
    look(client, url)
    bulk = BulkCancellation.objects.get()

    page = client.get(
        "/admin/orders/bulkcancellationrow/", {"bulk_id": bulk.pk, "state__exact": "able"}
    )

    assert {row.order_id for row in page.context["cl"].result_list} == {
        order.pk for order in orders[:2]
    }


@pytest.mark.parametrize(
    ("asked", "is_offered"),
    [
        ({}, False),
        ({"o": "1"}, False),
        ({"kind__exact": "sale"}, True),
        ({"q": "ord_1"}, False),  # which none has
    ],
)
def test_all_that_match_can_be_cancelled_where_the_list_is_narrowed(orders, asked, is_offered):
    page = support().get(ORDERS, asked)

    assert ("cancel_matching_url" in page.context) == is_offered
    assert ("Cancel all that match" in page.content.decode()) == is_offered
