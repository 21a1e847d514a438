import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from config import admin as staff_pages
from orders.models import Mail, Order, WebhookDelivery, WebhookMessage
from orders.services.make_groups import AUDITOR
from players.models import Player
from tests.orders import states
from tests.orders.reserving import a_player, a_reservation
from tests.staff import staff, superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    """Ada's, with mail and a webhook message."""
    ada = a_player(first_name="Ada", last_name="Lovelace", email="ada@example.com")
    return states.sent(player=ada)


@pytest.fixture
def auditor(order):
    client = staff()
    client.member.groups.add(Group.objects.get(name=AUDITOR))
    return client


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize(
    ("model", "lookup", "beginning"),
    [
        (Player, "email__startswith", "a"),
        (Player, "email", "ada@example.com"),
        (Player, "first_name__istartswith", "a"),
        (Player, "portal_users__portal_user_id__startswith", "7"),
        (Mail, "to__startswith", "j"),
        (Mail, "body__contains", "Hello"),
        (Mail, "state__exact__email", "j"),
        (Mail, "order__delivery__email__startswith", "j"),
        (Order, "reference__startswith", "P"),
        (Order, "delivery__email__startswith", "j"),
        (Order, "player__email__startswith", "a"),
        (Order, "status__startswith", "r"),
        (WebhookMessage, "data__contains", "x"),
        (WebhookDelivery, "message__data__contains", "x"),
        (WebhookDelivery, "endpoint__url__startswith", "https"),
    ],
)
def test_list_answers_nothing_that_no_filter_asks(auditor, model, lookup, beginning):
    assert auditor.get(list_of(model)).status_code == 200

    assert auditor.get(list_of(model), {lookup: beginning}).status_code == 400


def test_filters_of_every_list_are_answered(order):
    client = superuser()
    client.get("/admin/")  # the site is complete once its addresses are known
    asked = set()
    for model, page in admin.site._registry.items():
        if not isinstance(page, staff_pages.BoundedListAdmin):
            continue
        answer = client.get(list_of(model))
        changes = answer.context["cl"]
        for spec in changes.filter_specs:
            for choice in spec.choices(changes):
                # What is typed is sent by a form of the filter's own.
                if "query_string" not in choice:
                    continue
                answer = client.get(list_of(model) + choice["query_string"])
                assert answer.status_code == 200, (model, choice)
                asked.add(model)

    assert {Mail, Order, WebhookDelivery} <= asked


def test_list_goes_on_by_key(order):
    newest = a_reservation()

    page = superuser().get(list_of(Order), {"id__lt": newest.pk})

    assert [row.pk for row in page.context["cl"].result_list] == [order.pk]
