from argparse import ArgumentParser
from typing import Any

from catalog.services.import_products import import_products
from config.commands import JsonCommand, read_document


class Command(JsonCommand):
    help = "Load establishments, suppliers and products (JSON), wholly or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="The document; - is standard input.")

    def answer(self, **options: Any) -> dict[str, Any]:
        return import_products(read_document(options["file"]))
