import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.services.export_catalog import export_catalog


class Command(BaseCommand):
    help = "Write the whole catalogue as the document (JSON) that import_catalog takes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", default="-", help="Where to; -, the default, is standard output."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        document = export_catalog()
        if options["file"] == "-":
            sys.stdout.buffer.write(document)
            return
        try:
            Path(options["file"]).write_bytes(document)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
