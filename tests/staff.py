"""Staff as clients of the admin, by what they may do."""

from html.parser import HTMLParser

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


class _FormReader(HTMLParser):
    """Reads what a browser would send of the page's form that is not the one of the menu."""

    def __init__(self):
        super().__init__()
        self.sent = {}
        self.first = {}  # of a choice in which nothing is chosen
        self.inside = False
        self.select = self.textarea = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        name = given.get("name")
        if tag == "form":
            self.inside = given.get("id", "").endswith("_form")
        if self.inside:
            self.read(tag, given, name)

    def read(self, tag, given, name):
        if tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.sent.setdefault(self.select, []).append(given.get("value", ""))
        elif tag == "option":
            self.first.setdefault(self.select, [given.get("value", "")])
        elif tag == "textarea":
            self.textarea = name
            self.sent[name] = [""]
        elif tag == "input" and name and given.get("type") not in ("submit", "button"):
            checkable = given.get("type") in ("checkbox", "radio")
            if not checkable or "checked" in given:
                value = given.get("value", "on" if checkable else "")
                self.sent.setdefault(name, []).append(value)

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.textarea = None

    def handle_data(self, data):
        if self.textarea:
            self.sent[self.textarea] = [self.sent[self.textarea][0] + data.removeprefix("\n")]


def form_in(page):
    """What the browser would send of a row's page as it is; rows to be filled in are left out."""
    reader = _FormReader()
    reader.feed(page.content.decode())
    sent = reader.first | reader.sent
    return {name: value for name, value in sent.items() if name and "__prefix__" not in name}
