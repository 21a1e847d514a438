from typing import TypeVar

import structlog
from django_fsm import can_proceed

from catalog.errors import StatusUnreachable
from catalog.models.products import Offered
from players.services.lock_player import waiting_briefly

logger = structlog.get_logger(__name__)

Sold = TypeVar("Sold", bound=Offered)
Status = Offered.Status
STEPS = {Status.ACTIVE: "activate", Status.PAUSED: "pause", Status.RETIRED: "retire"}


@waiting_briefly()
def change_status(of: Sold, *, status: str, by: str) -> Sold:
    """Put a product or an offer on offer, pause it or retire it. What it is already it stays.

    Locks its row. Refused with StatusUnreachable, and PlayerBusy where the lock is not free in
    time. What is ordered in the same moment counts as ordered before.
    """
    locked = type(of)._default_manager.select_for_update(no_key=True).get(pk=of.pk)
    before = locked.status
    if before != status:
        move_to_status(locked, status)
        locked.save(update_fields=["status"])
        logger.info(
            "status_changed",
            of=f"{of._meta.model_name}:{of.pk}",
            before=before,
            after=status,
            by=by,
        )
    return locked


def move_to_status(of: Offered, status: str) -> None:
    """Take the one step there; the caller holds the lock of its row, and saves it after."""
    if why_not := why_not_status(of, status):
        raise StatusUnreachable(why_not)
    getattr(of, STEPS[Status(status)])()


def why_not_status(of: Offered, status: str) -> str:
    """Why it cannot become this, or is it already; empty where it can."""
    if status in STEPS and can_proceed(getattr(of, STEPS[Status(status)])):
        return ""
    what = f"The {of._meta.verbose_name}"
    if of.status == status:
        return f"{what} is {named(status)} already."
    return f"{what} is {named(of.status)}: it cannot become {named(status)}."


def named(status: str) -> str:
    """The status in a word, as a person says it."""
    return str(Status(status).label).partition(":")[0].lower()
