"""The directory .local/ of a checkout: what is kept there, and who is using it.

Every lock is an flock: it ends with the process that holds it, however that process ends, so none
can go stale.
"""

import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from config.local import Trouble
from config.local.ports import LOOPBACK

CHECKOUT = Path(__file__).resolve().parent.parent.parent

EXCLUSIVE = fcntl.LOCK_EX
SHARED = fcntl.LOCK_SH


def _secret() -> str:
    return secrets.token_hex(24)


@dataclass(frozen=True)
class Kept:
    """The secrets of a place, made once, and the ports of its servers' last start."""

    id: str = field(default_factory=_secret)
    secret_key: str = field(default_factory=_secret)
    database_password: str = field(default_factory=_secret)
    valkey_password: str = field(default_factory=_secret)
    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    database_port: int = 0
    valkey_port: int = 0

    @property
    def database_url(self) -> str:
        who = f"quartermaster:{self.database_password}"
        return f"postgresql://{who}@{LOOPBACK}:{self.database_port}/quartermaster"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.valkey_password}@{LOOPBACK}:{self.valkey_port}/0"


@dataclass(frozen=True)
class Place:
    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def make(self) -> None:
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o700)
        except PermissionError as error:
            raise Trouble(
                f"{self.path} belongs to another user: remove it, or work as that user."
            ) from error

    def lock(self, name: str, how: int) -> int:
        """Open a file and wait for its lock.

        The lock ends when the descriptor is closed, at the latest with the process.
        """
        descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def try_lock(self, name: str, how: int) -> int | None:
        """Lock without waiting; None when others stand in the way."""
        try:
            return self.lock(name, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return None

    def is_locked(self, name: str) -> bool:
        """Whether somebody holds this lock exclusively."""
        if not (self.path / name).exists():
            return False
        descriptor = self.try_lock(name, SHARED)
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def kept(self) -> Kept:
        file = self.path / "kept.json"
        return Kept(**json.loads(file.read_text())) if file.exists() else self.keep(Kept())

    def keep(self, kept: Kept) -> Kept:
        """Write whole or not at all, readable by the owner only."""
        self.write("kept.json.new", asdict(kept))
        (self.path / "kept.json.new").rename(self.path / "kept.json")
        return kept

    def write(self, name: str, value: object) -> None:
        descriptor = os.open(self.path / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(value, file, indent=2)


HERE = Place(CHECKOUT / ".local")
