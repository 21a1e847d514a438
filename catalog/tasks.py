"""The Celery doors of the catalogue."""

from celery import shared_task

from catalog.services import purge_catalog_history as purge


@shared_task
def purge_catalog_history() -> None:
    """Forget what the catalogue was before the oldest order that is shown."""
    purge.purge_catalog_history()
