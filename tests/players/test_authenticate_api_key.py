from datetime import UTC, datetime, timedelta

import pytest

from players.errors import ApiKeyExpired, ApiKeyRevoked, ApiKeyUnknown
from players.models import ApiKey
from players.services.authenticate_api_key import authenticate_api_key
from players.services.issue_api_key import issue_api_key
from players.services.revoke_api_key import revoke_api_key
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2100, 1, 1, 12, tzinfo=UTC)


def used_at(key):
    return ApiKey.objects.values_list("last_used_at", flat=True).get(pk=key.pk)


def test_authenticate_api_key_finds_the_key():
    key, text = issue_api_key(name="game server", scopes=["inv:*"])

    assert authenticate_api_key(text, at=NOON) == key


@pytest.mark.parametrize(
    "presented",
    ["", "tpp_live_", "nonsense", "tpp_live_" + "0" * 32, "ключ", "\ud800", "\x00", "x" * 100_000],
)
def test_authenticate_api_key_refuses_what_was_never_issued(presented):
    issue_api_key(name="game server", scopes=["inv:*"])

    with pytest.raises(ApiKeyUnknown):
        authenticate_api_key(presented, at=NOON)


def test_authenticate_api_key_refuses_the_prefix_alone():
    key, _ = issue_api_key(name="game server", scopes=["inv:*"])

    with pytest.raises(ApiKeyUnknown):
        authenticate_api_key(key.prefix, at=NOON)


def test_authenticate_api_key_refuses_a_revoked_key():
    key, text = issue_api_key(name="game server", scopes=["inv:*"])
    revoke_api_key(key, by=UserFactory())

    with pytest.raises(ApiKeyRevoked):
        authenticate_api_key(text, at=NOON)
    assert used_at(key) is None


def test_authenticate_api_key_refuses_from_the_moment_of_expiry():
    key, text = issue_api_key(name="game server", scopes=["inv:*"], expires_at=NOON)

    assert authenticate_api_key(text, at=NOON - timedelta(microseconds=1)) == key
    with pytest.raises(ApiKeyExpired):
        authenticate_api_key(text, at=NOON)
    assert used_at(key) == NOON - timedelta(microseconds=1)


def test_authenticate_api_key_notes_its_use_once_a_minute():
    key, text = issue_api_key(name="game server", scopes=["inv:*"])

    noted = []
    for seconds in (0, 1, 59, 60, 61, 120):
        authenticate_api_key(text, at=NOON + timedelta(seconds=seconds))
        noted.append((used_at(key) - NOON).seconds)

    assert noted == [0, 0, 0, 60, 60, 120]


def test_authenticate_api_key_never_takes_the_noted_use_back():
    key, text = issue_api_key(name="game server", scopes=["inv:*"])
    authenticate_api_key(text, at=NOON)

    authenticate_api_key(text, at=NOON - timedelta(hours=1))

    assert used_at(key) == NOON


def test_authenticate_api_key_asks_one_query_while_the_use_is_fresh(django_assert_num_queries):
    _, text = issue_api_key(name="game server", scopes=["inv:*"])

    with django_assert_num_queries(2):
        authenticate_api_key(text, at=NOON)
    with django_assert_num_queries(1):
        authenticate_api_key(text, at=NOON)
