"""Messages that tell the workers of work. All of it is in the database: one may be lost."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from celery import current_app
from kombu.pools import producers

log = structlog.get_logger(__name__)

# A broker that does not answer must cost a request a moment, never a thread.
PATIENCE = {"socket_timeout": 1}  # seconds


def knock(task: str, *args: str) -> None:
    """Have a worker do the task soon. Never fails, and waits two seconds at most for the broker."""
    with only_warning("knock_failed", task=task):
        # Not opened here: it names the pool that the producer is taken from.
        connection = current_app.connection_for_write(transport_options=PATIENCE)
        with producers[connection].acquire(block=True, timeout=1) as producer:
            current_app.send_task(task, args=list(args), ignore_result=True, producer=producer)


@contextmanager
def only_warning(event: str, **about: str) -> Iterator[None]:
    """Log under that name whatever ails the broker; it keeps nobody from anything."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - what was to be told of is committed
        log.warning(event, **about, error=repr(error))
