from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from players.errors import ApiKeyAlreadyRotated, ApiKeyExpired, ApiKeyRevoked
from players.models import ApiKey, User
from players.services.issue_api_key import issue_api_key

GRACE = timedelta(hours=24)


@transaction.atomic
def rotate_api_key(key: ApiKey, *, by: User | None, grace: timedelta = GRACE) -> tuple[ApiKey, str]:
    """A successor with the same rights and the same length of life; the old key ends after `grace`.

    Under the old key's lock: of two clicks one rotates, the other is refused.
    """
    old = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    now = timezone.now()
    if ApiKey.objects.filter(replaces=old).exists():
        raise ApiKeyAlreadyRotated(f"The key {old} has been rotated already.")
    if old.state == ApiKey.State.REVOKED:
        raise ApiKeyRevoked(f"The key {old} was revoked: issue a new one.")
    if old.expires_at is not None and old.expires_at <= now:
        raise ApiKeyExpired(f"The key {old} has expired: issue a new one.")
    new, text = issue_api_key(
        name=old.name,
        scopes=old.scopes,
        establishment=old.establishment,
        player=old.player,
        created_by=by,
        expires_at=old.expires_at and now + (old.expires_at - old.created_at),
        replaces=old,
    )
    old.expires_at = min(old.expires_at or now + grace, now + grace)
    old.save(update_fields=["expires_at"])
    return new, text
