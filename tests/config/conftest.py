import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from config.local.place import CHECKOUT, Place
from config.local.ports import is_free

CODE = ["config", "players", "catalog", "inventory", "orders", "templates", "manage.py", "Procfile"]
OURS = {
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "PORT", "DJANGO_SETTINGS_MODULE"),
    "SANDBOX_GATEWAY",
}


@dataclass(frozen=True)
class Checkout:
    """A copy of the code, so that nothing here touches the .local/ of the real checkout."""

    path: Path

    @property
    def place(self):
        return Place(self.path / ".local")

    def start(self, *command, **environment):
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=self.path,
            env={k: v for k, v in os.environ.items() if k not in OURS} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command, **environment):
        process = self.start(*command, **environment)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def processes(self):
        """Whatever still runs of this checkout, the servers among it."""
        running = [
            " ".join(process.info["cmdline"])
            for process in psutil.process_iter(["cmdline"])
            if str(self.path) in " ".join(process.info["cmdline"] or ())
        ]
        if not (self.place.path / "kept.json").exists():
            return running
        kept = self.place.kept()
        return running + [
            f"something on port {port}"
            for port in (kept.database_port, kept.valkey_port)
            if port and not is_free(port)
        ]


@pytest.fixture
def checkout(tmp_path):
    for name in CODE:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)
        elif source.exists():
            shutil.copy(source, tmp_path)
    made = Checkout(tmp_path)
    yield made
    if made.place.path.exists():
        status, output, errors = made.run("-m", "config.local", "reset")
        assert (status, output.partition(",")[0], errors) == (0, f"Removed {made.place.path}", "")
