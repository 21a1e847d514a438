from datetime import timedelta

import pytest
from django.utils import timezone

from players.models import IdempotentCall
from players.tasks import purge_idempotent_calls


@pytest.mark.django_db
def test_old_idempotent_calls_are_forgotten():
    now = timezone.now()
    for hours in (1, 23, 25):
        IdempotentCall.objects.create(
            caller="key:7", key=str(hours), fingerprint=b"", started_at=now - timedelta(hours=hours)
        )

    purge_idempotent_calls()

    assert set(IdempotentCall.objects.values_list("key", flat=True)) == {"1", "23"}
