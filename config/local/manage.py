"""Running the commands of manage.py in this process: starting Django once is enough."""

import os
import traceback
from collections.abc import Callable
from io import StringIO

import django
import psycopg
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from config.local import Trouble
from config.local.place import HERE


def make_tables(say: Callable[[str], None]) -> None:
    """Migrate a database that has no tables at all, as a local one that has just been made."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        if database.execute("SELECT to_regclass('django_migrations')").fetchone() != (None,):
            return
    say("making the tables")
    manage("migrate", "--verbosity=0")


def manage(*arguments: str) -> str:
    """Run a command and return what it printed on standard output."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
    output = StringIO()
    try:
        call_command(*arguments, stdout=output)
    except (Exception, SystemExit) as error:
        log = HERE.logs / "manage.log"
        log.write_text(output.getvalue() + traceback.format_exc())
        # What a command refuses is meant to be read; of a fault, the first line and the log.
        why = str(error) if isinstance(error, CommandError) else str(error).partition("\n")[0]
        raise Trouble(f"manage.py {arguments[0]} failed: {why} (see {log})") from error
    finally:
        # Nothing of ours may be connected when PostgreSQL stops.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL has one
    return output.getvalue()
