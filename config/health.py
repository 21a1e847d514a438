"""/livez: this process answers. /readyz: what it needs answers too, and no order waits too long."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import redis
import structlog
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.backoff import NoBackoff
from redis.retry import Retry

from inventory.backlog import Backlog, read_backlog
from orders.backlog import read_backlogs

log = structlog.get_logger(__name__)

SECONDS = 1


def livez(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(_request: HttpRequest) -> JsonResponse:
    """Answer 503 when a check fails. The answer is public, so the whole reason is in the log.

    What is late is only named: requests are answered as well as ever.
    """
    checks, late = _database_and_orders()
    checks["broker"] = _broker()
    failing = {name: why for name, why in checks.items() if why != "ok"}
    if failing:
        log.warning("not_ready", **failing)
    return JsonResponse(
        {"status": "failing" if failing else "ok", "checks": checks, "late": late},
        status=503 if failing else 200,
        headers={"Cache-Control": "no-store"},
    )


@contextmanager
def own_connection() -> Iterator[psycopg.Connection]:
    """Open a connection beside the pool, whose queue may be what is wrong, and bound in time."""
    parameters = connection.get_connection_params() | {"connect_timeout": SECONDS}
    with psycopg.connect(**parameters) as own:
        own.execute(f"SET LOCAL statement_timeout = {SECONDS * 1000}")
        yield own


def _database_and_orders() -> tuple[dict[str, str], list[str]]:
    try:
        with own_connection() as own:
            backlog = read_backlog(own.cursor())
            late = [
                waits.name
                for waits in read_backlogs(own.cursor())
                if waits.late > settings.LATE_AFTER
            ]
    except psycopg.Error as error:
        log.warning("database_does_not_answer", error=str(error))
        why = f"does not answer ({type(error).__name__})"
        return {"database": why, "player_orders": "unknown"}, []
    return {"database": "ok", "player_orders": _judge(backlog)}, late


def _judge(backlog: Backlog) -> str:
    allowed = settings.PLAYER_ORDER_READY_MAX_WAIT
    if backlog.oldest <= allowed:
        return "ok"
    waited = f"{backlog.oldest.total_seconds():.0f} s"
    return f"the oldest waits for {waited}, {allowed.total_seconds():.0f} s are allowed"


def _broker() -> str:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=SECONDS,
        socket_timeout=SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with client:
            client.ping()
    except redis.RedisError as error:
        log.warning("broker_does_not_answer", error=str(error))
        return f"does not answer ({type(error).__name__})"
    return "ok"
