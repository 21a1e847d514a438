from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

OURS = ("players", "catalog", "inventory", "orders")
SUPPORT, SUPERVISOR, AUDITOR = "Support", "Supervisor", "Auditor"
HELP = {
    "orders.view_personal_data",
    "orders.cancel_order",
    "orders.fulfil_order",
    "orders.note_order",
    "orders.resend_order",
}
MEND = {
    "orders.refund_order",
    "orders.add_export",
    "orders.add_reportschedule",
    "orders.change_reportschedule",
    "orders.delete_reportschedule",
    "orders.change_savedview",
    "orders.delete_savedview",
    "orders.add_paymentgateway",
    "orders.change_paymentgateway",
    "orders.add_webhookendpoint",
    "orders.change_webhookendpoint",
    "inventory.grant_inventory",
    "inventory.undo_playerorder",
    "catalog.adjust_stock",
    "catalog.add_product",
    "catalog.change_product",
    "catalog.add_offer",
    "catalog.change_offer",
    "catalog.add_supplier",
    "catalog.change_supplier",
    "players.add_coinentry",
    "players.change_player",
}
# What each may do besides looking at everything.
RIGHTS = {AUDITOR: set[str](), SUPPORT: HELP, SUPERVISOR: HELP | MEND}


@transaction.atomic
def make_groups(**_signal: Any) -> None:
    """Make the groups that there are not yet, with their rights.

    A group that is there is left as it is: what its rights are is then a matter of the superusers.
    """
    there = set(Group.objects.filter(name__in=RIGHTS).values_list("name", flat=True))
    if there == RIGHTS.keys():
        return
    permissions = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.filter(content_type__app_label__in=OURS).select_related(
            "content_type"
        )
    }
    looking = {right for right in permissions if right.partition(".")[2].startswith("view_")}
    looking -= HELP
    for name in RIGHTS.keys() - there:
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(permissions[right] for right in looking | RIGHTS[name])
