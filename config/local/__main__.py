"""The commands behind make: run, demo, test COMMAND…, reset. `keep` is the keeper's own."""

import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs.exceptions import EnvError

from config.local import Trouble, supervisor
from config.local.place import Place


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run"]:
            return supervisor.serve(with_demo=False)
        case ["demo"]:
            return supervisor.serve(with_demo=True)
        case ["test", *command]:
            return supervisor.with_services(command)
        case ["reset"]:
            # Only these two need the wheels.
            from config.local.keeper import reset  # noqa: PLC0415

            return reset()
        case ["keep", path, starting, throw_away]:
            from config.local.keeper import keep  # noqa: PLC0415

            return keep(Place(Path(path)), int(starting), throw_away=throw_away == "True")
    sys.exit(__doc__)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Trouble, ImproperlyConfigured, EnvError) as error:
        sys.exit(f"{error}")
    except supervisor.Stopped as stopped:
        sys.exit(stopped.status)
