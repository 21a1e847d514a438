from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import jwt
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from inventory.models import PlayerOrder
from players.models import ApiKey, Player
from players.services.issue_api_key import issue_api_key
from players.services.revoke_api_key import revoke_api_key
from players.tokens import issue_player_token
from tests.factories import EstablishmentFactory, PlayerFactory, UserFactory

ME = "/inventory/v2/player/me/order"
ORDER = {"entries": [{"type": "fill_loot", "quantity": 1}]}
NOT_JWT = ("auth_not_jwt", "Invalid Authorization")
FORMAT = ("auth_token_format", "Invalid Authorization - expected: Bearer <token>")
KEY_ID = ("auth_invalid_key_id", "Invalid Authorization - Invalid Key ID in Access Token")
TYPE = ("auth_token_invalid_type", "Invalid Authorization - Invalid Token Type")


def refusal(code, desc, *, auth_success=False):
    return 403, {"auth_success": auth_success, "error_code": code, "desc": desc}


def answer(response):
    return response.status_code, response.json()


@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        ("", NOT_JWT),
        ("Bearer", FORMAT),
        ("Bearer ", FORMAT),
        ("Bearer a b", FORMAT),
        ("Basic dXNlcjpwYXNz", FORMAT),
        ("a.b.c", FORMAT),
        ("Bearer garbage", NOT_JWT),
        ("Bearer é.é.é", NOT_JWT),
        (
            "Bearer a.b.c",
            ("auth_malformed_access", "Invalid Authorization - malformed access token"),
        ),
        ("Bearer tpp_live_unknown", KEY_ID),
        ("Bearer tpp_\udcff", KEY_ID),
    ],
)
@pytest.mark.django_db
def test_credential_that_opens_nothing_is_refused(authorization, error):
    client = Client(headers={"Authorization": authorization})

    assert answer(client.get(ME)) == refusal(*error)
    assert answer(client.post(ME, ORDER, content_type="application/json")) == refusal(*error)
    assert not PlayerOrder.objects.exists()


@pytest.mark.django_db
def test_no_credential_at_all_is_refused():
    assert answer(Client().get(ME)) == refusal(*NOT_JWT)


def token(player, **changes):
    claims = {
        "iss": settings.PLAYER_TOKEN_ISSUER,
        "aud": settings.PLAYER_TOKEN_AUDIENCE,
        "sub": str(player.uuid),
        "scope": "inv:*",
        "exp": timezone.now() + timedelta(minutes=1),
        **changes,
    }
    return jwt.encode(claims, settings.PLAYER_TOKEN_SECRET, algorithm="HS256")


def test_token_of_the_player_opens(player):
    assert Client(headers={"Authorization": f"bearer {token(player)}"}).get(ME).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code", "desc"),
    [
        ({"exp": 1}, "auth_token_expired", "Token is expired"),
        ({"iss": "other"}, "auth_token_invalid_claim", None),
        ({"sub": "no uuid"}, "auth_token_invalid_claim", None),
        (
            {"sub": str(uuid4())},
            "auth_token_invalid_claim",
            "Token contained invalid claim value: sub",
        ),
    ],
)
def test_token_with_a_bad_claim_is_refused(player, changes, code, desc):
    response = Client(headers={"Authorization": f"Bearer {token(player, **changes)}"}).get(ME)

    body = response.json()
    assert (response.status_code, body) == refusal(code, desc or body["desc"])
    assert body["desc"].startswith("Token")


def test_token_signed_by_someone_else_is_refused(player):
    head, claims, _ = token(player).split(".")
    forged = jwt.encode({"sub": str(player.uuid)}, "x" * 32, algorithm="HS256").split(".")[2]

    response = Client(headers={"Authorization": f"Bearer {head}.{claims}.{forged}"}).get(ME)

    assert answer(response) == refusal("auth_token_sig_invalid", "Token Signature is invalid")


def test_key_revoked_is_refused(player):
    key, text = issue_api_key(name="server", scopes=["inv:*"])
    revoke_api_key(key, by=UserFactory())
    path = f"/inventory/v2/player/{player.uuid}/order"

    response = Client(headers={"Authorization": f"Bearer {text}"}).get(path)

    assert answer(response) == refusal(*KEY_ID)


def test_key_expired_is_refused(player):
    key, text = issue_api_key(name="server", scopes=["inv:*"])
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    path = f"/inventory/v2/player/{player.uuid}/order"

    response = Client(headers={"Authorization": f"Bearer {text}"}).get(path)

    assert answer(response) == refusal("auth_token_expired", "Token is expired")


def test_key_does_not_say_who_me_is(as_key):
    assert answer(as_key("inv:*").get(ME)) == refusal(*TYPE)


def test_key_use_is_noted(player, as_key):
    as_key("inv:*").get(f"/inventory/v2/player/{player.uuid}/order")

    assert ApiKey.objects.get().last_used_at is not None


# --- The cookie ----------------------------------------------------------------------------


@pytest.fixture
def browser(player):
    client = Client()
    client.cookies[settings.PLAYER_TOKEN_COOKIE] = issue_player_token(
        player, ["inv:*"], now=timezone.now()
    )
    return client


def test_cookie_opens_as_the_header_does(browser):
    assert browser.get(ME).status_code == 200


def test_cookie_yields_to_the_header(browser):
    response = browser.get(ME, headers={"Authorization": "Bearer garbage"})

    assert answer(response) == refusal(*NOT_JWT)


def test_cookie_with_an_api_key_is_refused(as_key):
    client = Client()
    client.cookies[settings.PLAYER_TOKEN_COOKIE] = as_key("inv:*").credential

    assert answer(client.get(ME)) == refusal(*TYPE)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://behind.proxy"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "https://partner.example"}, 200),
        ({"Origin": "https://partner.example", "Sec-Fetch-Site": "cross-site"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "https://testserver"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
    ],
)
def test_cookie_with_a_post_counts_only_from_this_site(browser, settings, headers, status):
    settings.CSRF_TRUSTED_ORIGINS = ["https://partner.example"]

    response = browser.post(ME, ORDER, content_type="application/json", headers=headers)

    assert (response.status_code, PlayerOrder.objects.count()) == (status, int(status == 200))
    if status == 403:
        assert response.json() == {
            "auth_success": True,
            "error_code": "insufficient_permissions",
            "desc": "Insufficient Permissions - the cookie is not accepted from another site",
        }


def test_cookie_with_a_put_counts_only_from_this_site(browser):
    put = partial(
        browser.put,
        "/inventory/v2/player/me/inventory",
        {"inventory": [{"inventory_id": str(UUID(int=1))}]},
        content_type="application/json",
    )

    assert put(headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not PlayerOrder.objects.exists()
    assert put(headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_cookie_reads_from_wherever_a_link_leads_here(browser):
    response = browser.get(ME, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 200


def test_header_counts_from_every_site(api):
    response = api.post(
        ME, ORDER, **{"Sec-Fetch-Site": "cross-site", "Origin": "https://a.example"}
    )

    assert response.status_code == 200


def test_player_who_is_gone_has_no_valid_token(player):
    text = token(player)
    Player.objects.all().delete()

    response = Client(headers={"Authorization": f"Bearer {text}"}).get(ME)

    assert answer(response) == refusal(
        "auth_token_invalid_claim", "Token contained invalid claim value: sub"
    )


@pytest.mark.django_db
def test_an_iframe_key_opens_nothing_here():
    player = PlayerFactory(establishment=EstablishmentFactory())
    _, text = issue_api_key(name="frame", scopes=["orders:create"], player=player)
    ApiKey.objects.update(scopes=["inv:*"])  # it has none of them, but if it had
    client = Client(headers={"Authorization": f"Bearer {text}"})

    path = f"/inventory/v2/player/{player.uuid}/order"

    assert answer(client.get(path)) == refusal(*TYPE)
    assert answer(client.post(path, ORDER, content_type="application/json")) == refusal(*TYPE)
    assert not PlayerOrder.objects.exists()
