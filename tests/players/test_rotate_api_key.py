from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection

from players.errors import ApiKeyAlreadyRotated, ApiKeyExpired, ApiKeyRevoked
from players.models import ApiKey
from players.services.authenticate_api_key import authenticate_api_key
from players.services.issue_api_key import issue_api_key
from players.services.revoke_api_key import revoke_api_key
from players.services.rotate_api_key import rotate_api_key
from tests.factories import EstablishmentFactory, PlayerFactory, UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2100, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.mark.usefixtures("_noon")
def test_rotate_api_key_gives_a_successor_with_the_same_rights():
    establishment, staff = EstablishmentFactory(), UserFactory()
    old, _ = issue_api_key(name="shop", scopes=["inv:*"], establishment=establishment)

    new, text = rotate_api_key(old, by=staff)

    assert authenticate_api_key(text, at=NOON) == new
    assert ApiKey.objects.values(
        "name", "scopes", "establishment", "created_by", "expires_at", "replaces"
    ).get(pk=new.pk) == {
        "name": "shop",
        "scopes": ["inv:*"],
        "establishment": establishment.pk,
        "created_by": staff.pk,
        "expires_at": None,
        "replaces": old.pk,
    }


def test_rotate_api_key_keeps_an_iframe_key_with_its_player():
    player = PlayerFactory(establishment=EstablishmentFactory())
    old, _ = issue_api_key(name="frame", scopes=["orders:create"], player=player)

    new, text = rotate_api_key(old, by=None)

    assert (new.player, new.establishment) == (player, player.establishment)
    assert text.startswith("tpp_iframe_live_")


@pytest.mark.usefixtures("_noon")
@pytest.mark.parametrize(
    ("days", "grace", "old_ends_after", "new_ends_after"),
    [
        (None, None, timedelta(hours=24), None),
        (None, timedelta(0), timedelta(0), None),
        (30, timedelta(hours=2), timedelta(hours=2), timedelta(days=30)),
        (1, timedelta(hours=48), timedelta(hours=24), timedelta(days=1)),
    ],
)
def test_rotate_api_key_ends_the_old_one_after_the_grace(
    days, grace, old_ends_after, new_ends_after
):
    old, _ = issue_api_key(
        name="shop", scopes=["inv:*"], expires_at=days and NOON + timedelta(days=days)
    )

    new, _ = rotate_api_key(old, by=None, **({} if grace is None else {"grace": grace}))

    assert dict(ApiKey.objects.values_list("pk", "expires_at")) == {
        old.pk: NOON + old_ends_after,
        new.pk: new_ends_after and NOON + new_ends_after,
    }


@pytest.mark.usefixtures("_noon")
def test_rotate_api_key_refuses_a_second_time():
    old, _ = issue_api_key(name="shop", scopes=["inv:*"])
    rotate_api_key(old, by=None)
    before = list(ApiKey.objects.order_by("pk").values())

    with pytest.raises(ApiKeyAlreadyRotated, match=r"^The key shop .* has been rotated already"):
        rotate_api_key(old, by=None, grace=timedelta(0))
    assert list(ApiKey.objects.order_by("pk").values()) == before


def test_rotate_api_key_refuses_a_revoked_key():
    old, _ = issue_api_key(name="shop", scopes=["inv:*"])
    revoke_api_key(old, by=None)

    with pytest.raises(ApiKeyRevoked):
        rotate_api_key(old, by=None)
    assert ApiKey.objects.get().expires_at is None


def test_rotate_api_key_refuses_an_expired_key():
    with time_machine.travel(NOON, tick=False):
        old, _ = issue_api_key(name="shop", scopes=["inv:*"], expires_at=NOON + timedelta(hours=1))
    with time_machine.travel(NOON + timedelta(hours=1), tick=False), pytest.raises(ApiKeyExpired):
        rotate_api_key(old, by=None)
    assert ApiKey.objects.get().expires_at == NOON + timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_rotate_api_key_happens_once_however_many_click_at_once():
    old, _ = issue_api_key(name="shop", scopes=["inv:*"])
    together = Barrier(4)

    def click(_):
        with closing(connection):
            together.wait()
            try:
                return rotate_api_key(old, by=None)[0].replaces_id
            except ApiKeyAlreadyRotated:
                return None

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(click, range(4)))

    assert sorted(outcomes, key=str) == [old.pk, None, None, None]
    assert ApiKey.objects.count() == 2
