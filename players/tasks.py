"""The Celery doors of the players app."""

from celery import shared_task

from config import idempotency


@shared_task
def purge_idempotent_calls() -> None:
    """Forget the calls that are too old to be repeated."""
    idempotency.purge_idempotent_calls()
