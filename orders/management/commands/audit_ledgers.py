import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from orders.services.audit_all_ledgers import audit_all_ledgers


class Command(BaseCommand):
    help = "Check every balance against its ledger; the exit status is 1 where something is off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--limit", type=int, default=100, help="List so many findings of each kind (100)."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        audit = audit_all_ledgers(limit=options["limit"])
        self.stdout.write(json.dumps(audit))
        if audit["total"]:
            sys.exit(1)
