"""Staff as clients of the admin, by what they may do."""

from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories import UserFactory


def staff(*rights, **user):
    """Someone logged in who has exactly these rights: `players.view_player`, `view` for all."""
    member = UserFactory(**user)
    for right in rights:
        app, _, codename = right.rpartition(".")
        found = Permission.objects.filter(codename__startswith="view_")
        if app:
            found = Permission.objects.filter(content_type__app_label=app, codename=codename)
        assert found
        member.user_permissions.add(*found)
    client = Client()
    client.force_login(member)
    client.member = member
    return client


def superuser():
    return staff(is_superuser=True)


def said(answer):
    """What the messages on the next page say."""
    return [str(message) for message in answer.context["messages"]]
