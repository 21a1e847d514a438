from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from config.commands import JsonCommand
from inventory.services.compute_odds import compute_odds
from players.services.find_player import find_player


class Command(JsonCommand):
    help = "Print what filling a vendor may give, and how likely that is, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("vendor_id", type=int)
        parser.add_argument(
            "--player", metavar="ID_OR_UUID", help="For what this player has; else for nothing."
        )
        parser.add_argument("--quantity", type=_quantity, default=1, help="How many times (1).")

    def answer(self, **options: Any) -> dict[str, Any]:
        player = find_player(options["player"]) if options["player"] else None
        return compute_odds(
            options["vendor_id"], player=player, quantity=options["quantity"]
        ).as_json()


def _quantity(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**63:
        raise ArgumentTypeError(f"{text} is no quantity")
    return int(text)
