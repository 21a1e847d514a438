from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from players.models import ApiKey
from players.services.issue_api_key import issue_api_key
from players.services.revoke_api_key import revoke_api_key
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2100, 1, 1, 12, tzinfo=UTC)


def test_revoke_api_key_takes_it_back_and_the_first_time_stands():
    key, _ = issue_api_key(name="shop", scopes=["inv:*"])

    for minutes in (0, 5):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            revoked = revoke_api_key(key, by=UserFactory())

    assert (revoked.pk, revoked.state, revoked.revoked_at) == (key.pk, "revoked", NOON)
    assert ApiKey.objects.values("state", "revoked_at").get() == {
        "state": "revoked",
        "revoked_at": NOON,
    }
