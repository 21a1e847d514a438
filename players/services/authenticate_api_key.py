from datetime import datetime, timedelta

from django.db.models import Q

from players.errors import ApiKeyExpired, ApiKeyRevoked, ApiKeyUnknown
from players.keys import digest_of
from players.models import ApiKey

USE_IS_NOTED_EVERY = timedelta(minutes=1)


def authenticate_api_key(presented: str, *, at: datetime) -> ApiKey:
    """The key that was presented, if it opens the door at that moment.

    It is looked up by its digest: how long that takes tells nothing about the key.
    """
    key = ApiKey.objects.filter(digest=digest_of(presented)).first()
    if key is None:
        raise ApiKeyUnknown("There is no such API key.")
    if key.state == ApiKey.State.REVOKED:
        raise ApiKeyRevoked("The API key was revoked.")
    if key.expires_at is not None and key.expires_at <= at:
        raise ApiKeyExpired("The API key has expired.")
    _note_use(key, at)
    return key


def _note_use(key: ApiKey, at: datetime) -> None:
    """Stamp the use, at most once a minute, so that a busy key is not one hot row."""
    before = at - USE_IS_NOTED_EVERY
    if key.last_used_at is None or key.last_used_at <= before:
        # Asked again by the statement itself: of requests that come together, one writes.
        ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=before), pk=key.pk).update(
            last_used_at=at
        )
