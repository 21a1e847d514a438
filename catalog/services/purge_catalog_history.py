from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

# What a newer row has superseded, and a deletion, which supersedes itself.
PURGE = """
    WITH purged AS (
        DELETE FROM catalog_cataloghistory AS old
        USING (
            SELECT id, lead(version) OVER rows AS superseded_by,
                lead(created_at) OVER rows AS superseded_at
            FROM catalog_cataloghistory
            WINDOW rows AS (PARTITION BY "table", key ORDER BY version, id)
        ) AS newer
        WHERE newer.id = old.id AND (
            newer.superseded_at < %(before)s
            OR old.row IS NULL AND old.created_at < %(before)s
        )
        RETURNING CASE WHEN old.row IS NULL THEN old.version ELSE newer.superseded_by END
            AS kept_from
    ), kept AS (
        UPDATE catalog_catalogversion AS stored SET kept_from = oldest.version
        FROM (SELECT max(kept_from) AS version FROM purged) AS oldest
        WHERE stored.kept_from < oldest.version
    )
    SELECT count(*) FROM purged
"""


@transaction.atomic
def purge_catalog_history(*, before: datetime | None = None) -> int:
    """Forget what was superseded earlier (PLAYER_ORDER_RECENT ago, if not said), and say how much.

    Versions that had it cannot be built any more: `catalogue_at` answers None for them.
    """
    before = before or timezone.now() - settings.PLAYER_ORDER_RECENT
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('quartermaster.purge_catalog_history', 'on', true)")
        cursor.execute(PURGE, {"before": before})
        (purged,) = cursor.fetchone()
        cursor.execute("SELECT set_config('quartermaster.purge_catalog_history', '', true)")
    return purged
