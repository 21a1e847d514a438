import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from players.models import ApiKey, IdempotentCall, PortalUser
from players.services.authenticate_api_key import authenticate_api_key
from players.services.create_player import create_player
from players.services.issue_api_key import issue_api_key
from players.services.revoke_api_key import revoke_api_key
from players.services.rotate_api_key import rotate_api_key
from tests.factories import EstablishmentFactory, PlayerFactory, UserFactory
from tests.staff import said, staff, superuser

pytestmark = pytest.mark.django_db

PLAYERS = "/admin/players/player/"
KEYS = "/admin/players/apikey/"
ADD_KEY = "/admin/players/apikey/add/"
PERSONAL = "orders.view_personal_data"


def found(answer):
    return [row.pk for row in answer.context["cl"].result_list]


# --- Players -------------------------------------------------------------------------------


@pytest.fixture
def mia():
    player = PlayerFactory(
        first_name="Mia",
        last_name="van den Berg",
        email="mia@example.com",
        customer_code="cust_mia",
    )
    PortalUser.objects.create(player=player, portal_id=5, portal_user_id="76561198000000001")
    return player


@pytest.mark.parametrize(
    "term",
    [
        "{pk}",
        "{uuid}",
        "{uuid.hex}",
        "cust_mia",
        "mia@example.com",
        "Mia@Example.com",
        "76561198000000001",
        "mi",
        "VAN DEN",
        " mia van ",
    ],
)
def test_player_is_found(mia, term):
    PlayerFactory(first_name="Noah", last_name="Keller")

    client = staff("players.view_player", PERSONAL)
    answer = client.get(PLAYERS, {"q": term.format(pk=mia.pk, uuid=mia.uuid)})

    assert found(answer) == [mia.pk]


@pytest.mark.parametrize(
    "term", ["ia", "berg", "example.com", "7656", "mi%", "9" * 30, "9" * 5000, "²"]
)
def test_player_is_not_found_by_the_middle_of_anything(mia, term):
    answer = staff("players.view_player").get(PLAYERS, {"q": term})

    assert found(answer) == []


@pytest.mark.parametrize("term", ["mia@example.com", "mi", "van den", "mia van"])
def test_player_is_not_found_by_personal_data_that_may_not_be_seen(mia, term):
    assert found(staff("players.view_player").get(PLAYERS, {"q": term})) == []


def test_player_is_masked_for_who_may_not_see_personal_data(mia):
    pages = [PLAYERS, f"{PLAYERS}{mia.pk}/change/", f"{PLAYERS}{mia.pk}/history/"]
    auditor = staff("view", "players.change_player")
    auditor.member.user_permissions.remove(Permission.objects.get(codename="view_personal_data"))

    shown = [auditor.get(page).content.decode() for page in pages]

    assert [("Mia" in page, "Berg" in page, "mia@" in page) for page in shown] == [
        (False, False, False)
    ] * 3
    assert ["M… v… d… B…" in page for page in shown] == [True, True, False]
    assert ["m…@example.com" in page for page in shown] == [True, True, False]


def test_player_whose_name_may_not_be_seen_cannot_be_renamed(mia):
    client = staff("players.view_player", "players.change_player")

    answer = client.post(f"{PLAYERS}{mia.pk}/change/", {"first_name": "Eve"})

    mia.refresh_from_db()
    assert (answer.status_code, mia.first_name) == (403, "Mia")


def test_player_is_shown_openly_to_who_may_see_personal_data(mia):
    client = staff("players.view_player", PERSONAL)

    shown = [client.get(page).content.decode() for page in (PLAYERS, f"{PLAYERS}{mia.pk}/change/")]

    assert [("van den Berg" in page, "mia@example.com" in page) for page in shown] == [
        (True, True)
    ] * 2


def test_player_page_shows_accounts_and_coins_with_links_to_all(mia):
    rich = create_player(coins="1120.50", first_name="Ada")
    PortalUser.objects.create(player=rich, portal_id=5, portal_user_id="steam-1")

    page = staff("view").get(f"{PLAYERS}{rich.pk}/change/")

    panels = {panel.title: panel for panel in page.context["panels"]}
    accounts, coins = panels["Accounts"], panels["Coins: 1,120.50"]
    assert [row[0] for row in accounts.rows] == [5]
    assert "steam-1" in accounts.rows[0][1]
    assert accounts.all_url == f"/admin/players/portaluser/?player_id={rich.pk}"
    assert [row[1] for row in coins.rows] == ["+1,120.50"]
    assert "1120.50" not in page.content.decode()
    assert "+1,120.50" in staff("view").get("/admin/players/coinentry/").content.decode()
    assert coins.all_url == f"/admin/players/coinentry/?player_id={rich.pk}"


def test_player_page_shows_only_what_its_reader_may_see(mia):
    page = staff("players.view_player").get(f"{PLAYERS}{mia.pk}/change/")

    assert page.context["panels"] == []
    assert page.context["buttons"] == []


def test_list_opened_for_a_player_shows_only_that_player(mia):
    create_player(coins="5")
    mine = create_player(coins="7")
    client = staff("view")

    answers = [
        client.get("/admin/players/coinentry/", {"player_id": value})
        for value in (mine.pk, mia.pk, "nobody")
    ]

    assert [len(found(answer)) for answer in answers] == [1, 0, 0]


def test_player_is_mended_without_touching_the_coins(mia):
    client = staff("players.view_player", "players.change_player", PERSONAL)
    form = {"first_name": "Mia", "last_name": "Keller", "email": "new@example.com", "coins": "9"}

    with CaptureQueriesContext(connection) as asked:
        client.post(f"{PLAYERS}{mia.pk}/change/", form)

    [update] = [
        query["sql"] for query in asked if query["sql"].startswith('UPDATE "players_player"')
    ]
    assert "coins" not in update
    mia.refresh_from_db()
    assert (mia.last_name, mia.email, mia.coins) == ("Keller", "new@example.com", 0)


@pytest.mark.parametrize("path", ["players/player", "players/coinentry"])
def test_superuser_cannot_add_or_delete(path):
    player = create_player(coins="5")
    pk = player.pk if path.endswith("player") else player.coin_entries.get().pk
    client = superuser()

    answers = [
        client.post(f"/admin/{path}/add/", {}),
        client.post(f"/admin/{path}/{pk}/delete/", {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    player.refresh_from_db()
    assert player.coin_entries.count() == 1


def test_coin_entry_cannot_be_changed_even_by_a_superuser():
    entry = create_player(coins="5").coin_entries.get()

    answer = superuser().post(f"/admin/players/coinentry/{entry.pk}/change/", {"amount": "6"})

    assert answer.status_code == 403
    entry.refresh_from_db()
    assert entry.amount == 5


def test_establishment_cannot_be_deleted():
    establishment = EstablishmentFactory()

    answer = superuser().post(
        f"/admin/players/establishment/{establishment.pk}/delete/", {"post": "yes"}
    )

    assert answer.status_code == 403


# --- Staff ---------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["add_user", "change_user", "delete_user"])
def test_only_a_superuser_changes_users(right):
    other = UserFactory()
    client = staff("players.view_user", f"players.{right}")

    answers = [
        client.post("/admin/players/user/add/", {"username": "x"}),
        client.post(f"/admin/players/user/{other.pk}/change/", {"is_superuser": "on"}),
        client.post(f"/admin/players/user/{other.pk}/password/", {"password1": "x"}),
        client.post(f"/admin/players/user/{other.pk}/delete/", {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]
    other.refresh_from_db()
    assert not other.is_superuser


def test_superuser_adds_a_user_but_deletes_none():
    other = UserFactory()
    client = superuser()
    secret = uuid.uuid4().hex

    added = client.post(
        "/admin/players/user/add/",
        {"username": "new", "usable_password": "true", "password1": secret, "password2": secret},
    )
    deleted = client.post(f"/admin/players/user/{other.pk}/delete/", {"post": "yes"})

    assert (added.status_code, deleted.status_code) == (302, 403)


# --- API keys ------------------------------------------------------------------------------


FORM = {"name": "game servers", "scopes": ["inv:*"]}


def opened(client):
    """The address of a form that was opened."""
    return ADD_KEY + client.get(ADD_KEY).url


def test_new_key_is_shown_once_and_works():
    client = staff("players.add_apikey")

    answer = client.post(opened(client), FORM)

    text = answer.context["text"]
    key = authenticate_api_key(text, at=timezone.now())
    assert (key.name, key.scopes, key.created_by) == ("game servers", ["inv:*"], client.member)
    assert answer.content.decode().count(text) == 1
    assert "no-store" in answer["Cache-Control"]


def test_new_key_is_kept_nowhere():
    client = staff("players.add_apikey", "players.view_apikey")

    text = client.post(opened(client), FORM).context["text"]

    later = [client.get(KEYS), client.get(f"{KEYS}{ApiKey.objects.get().pk}/change/")]
    assert [text in answer.content.decode() for answer in later] == [False, False]
    assert [text in str(session.get_decoded()) for session in Session.objects.all()] == [False]
    assert IdempotentCall.objects.get().body is None
    assert not client.cookies.get("messages")


def test_same_form_sent_twice_gives_one_key():
    client = staff("players.add_apikey")
    address = opened(client)

    first, second = client.post(address, FORM), client.post(address, FORM)

    assert "text" in first.context
    assert "text" not in second.context
    assert "sent before" in second.context["form"].non_field_errors()[0]
    assert ApiKey.objects.count() == 1


def test_form_without_its_token_is_opened_anew():
    client = staff("players.add_apikey")

    answers = [client.get(ADD_KEY), client.post(ADD_KEY, FORM), client.post(ADD_KEY + "?form=x")]

    assert [answer.status_code for answer in answers] == [302, 302, 302]
    assert len({answer.url for answer in answers}) == 3
    assert not ApiKey.objects.exists()


def test_refused_form_makes_no_key_and_may_be_sent_again():
    client = staff("players.add_apikey")
    address = opened(client)
    form = FORM | {"expires_at_0": "2020-01-01", "expires_at_1": "00:00:00"}

    refused = client.post(address, form)
    keys_then = ApiKey.objects.count()
    mended = client.post(address, form | {"expires_at_0": "2120-01-01"})

    assert "expired" in refused.context["form"].non_field_errors()[0]
    assert keys_then == 0
    assert "text" in mended.context


def test_key_of_an_establishment_with_an_expiry():
    establishment = EstablishmentFactory()
    client = staff("players.add_apikey")

    client.post(
        opened(client),
        {
            "name": "kiosk",
            "establishment": str(establishment.pk),
            "scopes": ["orders:read", "orders:create"],
            "expires_at_0": "2120-01-01",
            "expires_at_1": "12:00:00",
        },
    )

    key = ApiKey.objects.get()
    assert key.establishment == establishment
    assert key.scopes == ["orders:read", "orders:create"]
    assert key.expires_at.isoformat() == "2120-01-01T12:00:00+00:00"


@pytest.fixture
def key():
    return issue_api_key(name="game servers", scopes=["inv:*"])[0]


def changer():
    return staff("players.view_apikey", "players.change_apikey")


def test_key_is_rotated_after_it_was_asked_for(key):
    client = changer()

    asked = client.get(reverse("admin:rotate_api_key", args=[key.pk]))
    keys_then = ApiKey.objects.count()
    answer = client.post(reverse("admin:rotate_api_key", args=[key.pk]), {"grace": "1"})

    assert (asked.status_code, keys_then) == (200, 1)
    successor = authenticate_api_key(answer.context["text"], at=timezone.now())
    assert successor.replaces == key
    key = ApiKey.objects.get(pk=key.pk)
    assert timedelta(minutes=59) < key.expires_at - timezone.now() <= timedelta(hours=1)


def test_key_is_rotated_once(key):
    client = changer()
    address = reverse("admin:rotate_api_key", args=[key.pk])

    client.post(address, {"grace": "1"})
    again = client.post(address, {"grace": "1"}, follow=True)

    assert said(again) == [f"The key {key} has been rotated already."]
    assert ApiKey.objects.count() == 2


def test_key_is_revoked_after_it_was_asked_for(key):
    client = changer()
    address = reverse("admin:revoke_api_key", args=[key.pk])

    client.get(address)
    state_then = ApiKey.objects.get().state
    answer = client.post(address, follow=True)

    assert state_then == "active"
    assert said(answer) == [f"The key {key} opens nothing any more."]
    assert ApiKey.objects.get().state == "revoked"


def test_buttons_of_a_key_say_why_not(key):
    rotated = issue_api_key(name="old", scopes=["inv:*"])[0]
    successor, _ = rotate_api_key(rotated, by=None)
    revoked = revoke_api_key(issue_api_key(name="leaked", scopes=["inv:*"])[0], by=None)
    client = changer()

    buttons = {
        row.name: [
            (button.label, button.disabled)
            for button in client.get(f"{KEYS}{row.pk}/change/").context["buttons"]
        ]
        for row in (key, rotated, revoked)
    }

    assert buttons == {
        "game servers": [("Rotate", ""), ("Revoke", "")],
        "old": [("Rotate", f"Rotated already: {successor}."), ("Revoke", "")],
        "leaked": [("Rotate", "Revoked: issue a new key."), ("Revoke", "Revoked already.")],
    }


def test_disabled_button_leads_nowhere(key):
    revoke_api_key(key, by=None)

    page = changer().get(f"{KEYS}{key.pk}/change/").content.decode()

    assert "Revoked: issue a new key." in page
    assert not re.search(r'href="[^"]*/rotate/"', page)


@pytest.mark.parametrize(
    ("condition", "names"),
    [("usable", {"game servers"}), ("expired", {"short"}), ("revoked", {"leaked"})],
)
def test_keys_by_condition(key, condition, names):
    revoke_api_key(issue_api_key(name="leaked", scopes=["inv:*"])[0], by=None)
    short, _ = issue_api_key(
        name="short", scopes=["inv:*"], expires_at=timezone.now() + timedelta(minutes=1)
    )
    ApiKey.objects.filter(pk=short.pk).update(expires_at=timezone.now())

    answer = staff("players.view_apikey").get(KEYS, {"condition": condition})

    assert {row.name for row in answer.context["cl"].result_list} == names
