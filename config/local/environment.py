"""What the settings lack in a checkout: where the database and the broker are, a key, DEBUG.

config/settings.py itself never reads any of this, so gunicorn and Celery, started without an
environment, refuse to start wherever they are.
"""

import json
import os
from collections.abc import Callable

from environs import Env

from config.local import Trouble
from config.local.lease import Lease
from config.local.place import HERE, Place

URLS = {"DATABASE_URL", "REDIS_URL"}


def complete(place: Place, *, throw_away: bool = False, say: Callable[[str], None]) -> Lease | None:
    """Add to the environment what it lacks; with neither URL in it, take a lease and add both.

    With DEBUG given as false nothing is made up that ought to be secret: then the settings refuse.
    """
    given = URLS & os.environ.keys()
    if len(given) == 1:
        [missing] = URLS - given
        raise Trouble(f"{given.pop()} is set and {missing} is not: set both, or neither.")
    place.make()
    lease = None
    if not given:
        lease = Lease(place, throw_away=throw_away, say=say)
        os.environ.update(lease.urls)
    if _debug():
        os.environ.setdefault("DEBUG", "true")
        os.environ.setdefault("SECRET_KEY", place.kept().secret_key)
    return lease


def complete_for_command(say: Callable[[str], None]) -> Lease | None:
    """Complete the environment of a manage.py command.

    Beside `make run` or `make demo` the command finds what that one uses. Otherwise a DATABASE_URL
    of its own means that the rest must be given too, lest a forgotten variable turns DEBUG on for a
    real database.
    """
    if not _debug() and "SECRET_KEY" not in os.environ:
        return None
    beside = running(HERE)
    own = os.environ.get("DATABASE_URL")
    if beside and own in {None, beside["DATABASE_URL"]}:
        for name, value in beside.items():
            os.environ.setdefault(name, value)
        local = beside["DATABASE_URL"] == HERE.kept().database_url
        return Lease(HERE, say=say) if local else None
    return complete(HERE, say=say) if own is None else None


def complete_for_help() -> None:
    """Let help name every command: nothing is started, and nothing is connected to."""
    os.environ.setdefault("DATABASE_URL", "postgresql:///")
    os.environ.setdefault("REDIS_URL", "redis:///")
    os.environ.setdefault("DEBUG", "true")
    os.environ.setdefault("SECRET_KEY", "help")


def running(place: Place) -> dict[str, str]:
    """Return the environment of the supervisor that runs in this place; nothing if none does."""
    if not place.is_locked("supervisor"):
        return {}
    return json.loads((place.path / "supervisor").read_text() or "{}")


def _debug() -> bool:
    return Env().bool("DEBUG", default=True)
