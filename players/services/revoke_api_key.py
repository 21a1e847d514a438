import structlog
from django.db import transaction
from django.utils import timezone

from players.models import ApiKey, User

logger = structlog.get_logger(__name__)


@transaction.atomic
def revoke_api_key(key: ApiKey, *, by: User | None) -> ApiKey:
    """Take the key back, at once and for good. Twice is harmless: the first time stands."""
    locked = ApiKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if locked.state != ApiKey.State.REVOKED:
        locked.revoke(at=timezone.now())
        locked.save(update_fields=["state", "revoked_at"])
        logger.info("api_key_revoked", api_key=locked.pk, by=by and by.pk)
    return locked
