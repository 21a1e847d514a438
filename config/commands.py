"""What the commands for scripts have in common."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.errors import Refusal


class JsonCommand(BaseCommand):
    """A command that answers one JSON object on standard output, and nothing else.

    A refusal goes to standard error, and the exit status is then not zero.
    """

    def answer(self, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            answer = self.answer(**options)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(json.dumps(answer))


def read_document(file: str) -> bytes:
    """What a file holds, or standard input where the file is -."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
