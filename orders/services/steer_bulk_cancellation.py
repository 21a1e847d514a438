"""What whoever began a bulk cancellation has done with it: look, then do it, or stop."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from config.knocks import knock
from orders.cancelling import CancellingMany
from orders.errors import BulkCancellationMoved
from orders.models import BulkCancellation, BulkCancellationRow

State = BulkCancellation.State
RowState = BulkCancellationRow.State
TASK = "orders.tasks.run_bulk_cancellations"
MOVED = "It is not as it was shown any more. Look at it as it is now."


@transaction.atomic
def look_at_bulk_cancellation(
    bulk: BulkCancellation, *, how: CancellingMany, looks: int
) -> BulkCancellation:
    """Have a worker find out what would become of each, cancelled so; nothing else is changed.

    `looks`: how often it had been looked at when this was asked. Refused with
    BulkCancellationMoved where that, or the state, is another by now.
    """
    bulk = _locked(bulk, looks, State.FROZEN, State.SHOWN)
    if bulk.state == State.SHOWN:
        bulk.rows.update(state=RowState.WAITING, said="", seen="", back=0)
    bulk.how = how.as_json()
    bulk.look()
    bulk.save()
    transaction.on_commit(partial(knock, TASK))
    return bulk


@transaction.atomic
def confirm_bulk_cancellation(bulk: BulkCancellation, *, looks: int) -> BulkCancellation:
    """Have those cancelled that can be, each as it was shown at that look.

    Confirmed twice it is done once. Refused with BulkCancellationMoved where it was looked at
    again meanwhile, or stopped.
    """
    bulk = _locked(bulk, looks, State.SHOWN, State.RUNNING, State.DONE)
    if bulk.state == State.SHOWN:
        bulk.run()
        bulk.save()
        transaction.on_commit(partial(knock, TASK))
    return bulk


@transaction.atomic
def stop_bulk_cancellation(bulk: BulkCancellation) -> BulkCancellation:
    """Cancel no more of them; one that is being cancelled just now still is.

    What is over already stays as it is.
    """
    bulk = BulkCancellation.objects.select_for_update().get(pk=bulk.pk)
    if bulk.state not in (State.DONE, State.STOPPED):
        bulk.stop(at=timezone.now())
        bulk.save()
    return bulk


def _locked(bulk: BulkCancellation, looks: int, *states: State) -> BulkCancellation:
    bulk = BulkCancellation.objects.select_for_update().get(pk=bulk.pk)
    if bulk.looks != looks or bulk.state not in states:
        raise BulkCancellationMoved(MOVED)
    return bulk
