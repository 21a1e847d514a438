import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from catalog.services.import_catalog import import_catalog
from config.commands import JsonCommand


class Command(JsonCommand):
    help = "Load a catalogue document (JSON, as of export_catalog), wholly or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="The document; - is standard input.")

    def answer(self, **options: Any) -> dict[str, Any]:
        return import_catalog(_read(options["file"]))


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
