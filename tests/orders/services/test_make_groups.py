import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from orders.services.make_groups import RIGHTS, make_groups
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ACTS = {
    "orders.cancel_order",
    "orders.fulfil_order",
    "orders.note_order",
    "orders.resend_order",
    "orders.view_personal_data",
}


def rights_of(name):
    """What somebody in the group may do besides looking."""
    member = UserFactory()
    member.groups.add(Group.objects.get(name=name))
    looks = {right for right in member.get_all_permissions() if ".view_" in right}
    looks -= {"orders.view_personal_data"}
    return looks, member.get_all_permissions() - looks


@pytest.mark.parametrize(
    ("name", "acts"),
    [
        ("Auditor", set()),
        ("Support", ACTS),
        (
            "Supervisor",
            ACTS
            | {
                "orders.refund_order",
                "orders.add_export",
                "orders.add_reportschedule",
                "orders.change_reportschedule",
                "orders.delete_reportschedule",
                "orders.change_savedview",
                "orders.delete_savedview",
                "orders.add_paymentgateway",
                "orders.change_paymentgateway",
                "catalog.add_offer",
                "catalog.change_offer",
                "orders.add_webhookendpoint",
                "orders.change_webhookendpoint",
                "inventory.grant_inventory",
                "inventory.undo_playerorder",
                "catalog.adjust_stock",
                "catalog.add_product",
                "catalog.change_product",
                "catalog.add_supplier",
                "catalog.change_supplier",
                "players.add_coinentry",
                "players.change_player",
            },
        ),
    ],
)
def test_group_looks_at_everything_and_does_its_part(name, acts):
    looks, does = rights_of(name)

    assert does == acts
    assert {"orders.view_order", "players.view_player", "inventory.view_playerorder"} <= looks
    assert {"catalog.view_product", "catalog.view_item", "players.view_coinentry"} <= looks
    assert not any(right.startswith(("auth.", "sessions.", "admin.")) for right in looks)


def test_groups_are_made_by_migrate():
    Group.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert set(Group.objects.values_list("name", flat=True)) == RIGHTS.keys()


def test_group_that_is_there_is_left_as_it_is(django_assert_num_queries):
    support = Group.objects.get(name="Support")
    support.permissions.clear()
    Group.objects.get(name="Auditor").delete()

    make_groups()

    assert not support.permissions.exists()
    assert rights_of("Auditor")[1] == set()
    with django_assert_num_queries(3):  # with the two of the transaction
        make_groups()
