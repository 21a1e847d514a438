import pytest

from orders.models import SavedView
from tests.orders.admin.asking import ORDERS
from tests.staff import said, staff

pytestmark = pytest.mark.django_db

SAVE = f"{ORDERS}save-view/?"
VIEWS = "/admin/orders/savedview/"
UNPAID = "display_status__exact=awaiting_payment"


def keep(client, query=UNPAID, **given):
    return client.post(f"{SAVE}{query}", {"name": "Unpaid", **given}, follow=True)


def shown(client, query=""):
    """The views above the list: name, address, whether it is the one that is open."""
    page = client.get(f"{ORDERS}?{query}")
    views = page.context["saved_views"]
    return [(each["view"].name, each["url"], bool(each["is_open"])) for each in views]


def test_view_is_kept_and_opened_again():
    client = staff("view")

    answer = keep(client, f"{UNPAID}&total_from=5")

    url = f"{ORDERS}?{UNPAID}&total_from=5"
    assert said(answer) == ["The view “Unpaid” is kept."]
    assert answer.redirect_chain == [(url, 302)]
    assert shown(client) == [("Unpaid", url, False)]
    assert shown(client, f"total_from=5&{UNPAID}") == [("Unpaid", url, True)]
    view = SavedView.objects.get()
    assert (view.owner_id, view.is_shared) == (client.member.pk, False)


@pytest.mark.parametrize("query", ["", "q=john@example.com", "p=2", "id__lt=5", "player__email=x"])
def test_list_without_filters_is_no_view(query):
    answer = keep(staff("view"), query)

    assert said(answer) == ["There is nothing to keep: the list is not narrowed by a filter."]
    assert not SavedView.objects.exists()


def test_what_was_searched_for_is_not_kept():
    client = staff("view")
    query = f"{UNPAID}&q=john@example.com&p=3&player__email=x"

    assert "are not kept" in client.get(f"{SAVE}{query}").content.decode()
    keep(client, query)

    assert SavedView.objects.get().query == UNPAID


def test_owner_is_who_keeps_it():
    client, other = staff("view"), staff("view")

    keep(client, owner=str(other.member.pk))

    assert SavedView.objects.get().owner_id == client.member.pk


def test_name_is_used_once_by_each():
    client = staff("view")
    keep(client)

    again = keep(client, "kind__exact=sale")
    keep(staff("view"))

    assert "You have a view of this name." in again.content.decode()
    assert SavedView.objects.count() == 2


def test_view_is_shown_to_others_only_where_it_is_shared():
    owner, other = staff("view"), staff("view")
    keep(owner)
    keep(owner, "kind__exact=sale", name="Sales", is_shared="on")

    assert [name for name, *_ in shown(other)] == ["Sales"]
    assert [name for name, *_ in shown(owner)] == ["Sales", "Unpaid"]


def test_who_may_not_see_orders_keeps_no_views():
    client = staff("players.view_player")

    assert client.get(f"{SAVE}{UNPAID}").status_code == 403
    assert client.post(f"{SAVE}{UNPAID}", {"name": "x"}).status_code == 403
    assert client.get(VIEWS).status_code == 403


@pytest.mark.parametrize("word", ["change", "delete"])
def test_view_of_another_is_left_alone_without_the_right_to(word):
    owner, other = staff("view"), staff("view")
    manager = staff("view", f"orders.{word}_savedview")
    keep(owner, is_shared="on")
    url = f"{VIEWS}{SavedView.objects.get().pk}/{word}/"
    sent = {"name": "Mine", "is_shared": "on", "post": "yes"}

    assert other.post(url, sent).status_code == 403
    assert SavedView.objects.get().name == "Unpaid"
    assert manager.post(url, sent).status_code == 302
    assert not SavedView.objects.filter(name="Unpaid").exists()


def test_own_view_is_renamed_and_deleted():
    owner = staff("view")
    keep(owner)
    url = f"{VIEWS}{SavedView.objects.get().pk}/"

    assert owner.post(f"{url}change/", {"name": "Mine", "is_shared": "on"}).status_code == 302
    view = SavedView.objects.get()
    assert (view.name, view.is_shared, view.query) == ("Mine", True, UNPAID)
    assert owner.post(f"{url}delete/", {"post": "yes"}).status_code == 302
    assert not SavedView.objects.exists()


def test_private_view_of_another_is_not_found():
    keep(staff("view"))
    url = f"{VIEWS}{SavedView.objects.get().pk}/change/"

    assert staff("view", "orders.change_savedview").get(url, follow=True).redirect_chain
