from django.db import transaction
from django.utils import timezone

from orders.errors import WrongState
from orders.models import Export


def why_not_retried(export: Export) -> str:
    """Why it is not tried again; empty where it can be."""
    if export.state == Export.State.FAILED:
        return ""
    return "Only an export that failed is tried again."


@transaction.atomic
def retry_export(export: Export) -> Export:
    """Queue an export that failed: it goes on after its last part. Else refused: WrongState."""
    locked = Export.objects.select_for_update(no_key=True, of=("self",)).get(pk=export.pk)
    if why_not := why_not_retried(locked):
        raise WrongState(why_not)
    locked.queue_again(at=timezone.now())
    locked.save()
    return locked
