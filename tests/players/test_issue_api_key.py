import hashlib
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from players.errors import ExpiryInPast, FieldsInvalid, PlayerElsewhere, ScopesUnknown
from players.models import ApiKey
from players.services.issue_api_key import issue_api_key
from tests.factories import EstablishmentFactory, PlayerFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_issue_api_key_keeps_a_digest_and_a_prefix_of_the_text():
    key, text = issue_api_key(name="game server", scopes=["inv:*"])

    key = ApiKey.objects.get(pk=key.pk)
    assert re.fullmatch(r"tpp_live_[0-9A-Za-z]{32}", text)
    assert (bytes(key.digest), key.prefix) == (hashlib.sha256(text.encode()).digest(), text[:15])


def test_issue_api_key_says_which_environment_it_is_for(settings):
    settings.API_KEY_ENVIRONMENT = "staging"

    key, text = issue_api_key(name="game server", scopes=["inv:*"])

    assert re.fullmatch(r"tpp_staging_[0-9A-Za-z]{32}", text)
    assert key.prefix == text[:18]


@pytest.mark.parametrize("environment", ["live", "staging"])
def test_issue_api_key_for_a_player_is_an_iframe_key_of_its_establishment(settings, environment):
    settings.API_KEY_ENVIRONMENT = environment
    player = PlayerFactory(establishment=EstablishmentFactory())

    key, text = issue_api_key(name="iframe", scopes=["orders:create"], player=player)

    assert re.fullmatch(rf"tpp_iframe_{environment}_[0-9A-Za-z]{{32}}", text)
    assert (key.player, key.establishment) == (player, player.establishment)
    assert key.prefix == text[:-26]


@pytest.mark.parametrize("scope", ["inv:*", "orders:*", "orders:read", "coins:change"])
def test_issue_api_key_for_a_player_takes_only_what_a_browser_may_hold(scope):
    player = PlayerFactory(establishment=EstablishmentFactory())

    with pytest.raises(ScopesUnknown) as refused:
        issue_api_key(name="iframe", scopes=["orders:create", scope], player=player)

    assert refused.value.message == (
        f"Unknown scopes: {scope}. There are: orders:create orders:fulfil"
    )
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("own", [False, True], ids=["of none", "of another"])
def test_issue_api_key_for_a_player_of_another_establishment_is_refused(own):
    player = PlayerFactory(establishment=EstablishmentFactory() if own else None)

    with pytest.raises(PlayerElsewhere):
        issue_api_key(name="a", scopes=[], player=player, establishment=EstablishmentFactory())

    assert not ApiKey.objects.exists()


def test_issue_api_key_keeps_what_it_may_do_and_until_when():
    establishment, staff = EstablishmentFactory(), UserFactory()
    expires_at = timezone.now() + timedelta(days=1)

    key, _ = issue_api_key(
        name="back office",
        scopes=["orders:read", "inv:*", "orders:read"],
        establishment=establishment,
        created_by=staff,
        expires_at=expires_at,
    )

    assert ApiKey.objects.values(
        "name", "scopes", "establishment", "created_by", "expires_at", "state", "replaces"
    ).get(pk=key.pk) == {
        "name": "back office",
        "scopes": ["orders:read", "inv:*"],
        "establishment": establishment.pk,
        "created_by": staff.pk,
        "expires_at": expires_at,
        "state": "active",
        "replaces": None,
    }


@pytest.mark.parametrize(
    ("wrong", "refusal", "message"),
    [
        ({"scopes": ["inv:*", "inv:all"]}, ScopesUnknown, r"^Unknown scopes: inv:all\. There are:"),
        ({"scopes": []}, FieldsInvalid, r"^scopes: This field cannot be blank\.$"),
        ({"name": ""}, FieldsInvalid, r"^name: This field cannot be blank\.$"),
        ({"name": "x" * 101}, FieldsInvalid, r"^name: Ensure this value has at most 100 char"),
        (
            {"expires_at": timezone.now() - timedelta(hours=1)},
            ExpiryInPast,
            r"^The key would have expired at .* already\.$",
        ),
    ],
)
def test_issue_api_key_refuses(wrong, refusal, message):
    with pytest.raises(refusal, match=message):
        issue_api_key(**{"name": "game server", "scopes": ["inv:*"], **wrong})

    assert not ApiKey.objects.exists()
