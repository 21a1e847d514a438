from argparse import ArgumentParser
from typing import Any

from catalog.services.import_catalog import import_catalog
from config.commands import JsonCommand, read_document


class Command(JsonCommand):
    help = "Load a catalogue document (JSON, as of export_catalog), wholly or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="The document; - is standard input.")

    def answer(self, **options: Any) -> dict[str, Any]:
        return import_catalog(read_document(options["file"]))
