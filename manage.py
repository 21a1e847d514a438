#!/usr/bin/env python
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from environs.exceptions import EnvError

from config.local import Trouble
from config.local.environment import complete_for_command, complete_for_help
from config.local.manage import make_tables


def say(line: str) -> None:
    """Standard output belongs to what a command answers."""
    sys.stderr.write(f"{line} …\n")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if {"help", "--help", "-h", "version", "--version"} & {*sys.argv[1:]} or not sys.argv[1:]:
            complete_for_help()
        else:
            # Held until this process ends.
            lease = complete_for_command(say=say)
            if lease and sys.argv[1] != "migrate":
                make_tables(say)
        import config.settings  # noqa: F401, PLC0415 - what they refuse is said in one line
    except (Trouble, ImproperlyConfigured, EnvError) as error:
        sys.exit(f"{error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
