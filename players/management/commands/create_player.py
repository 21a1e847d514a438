from argparse import ArgumentParser
from typing import Any

from config.commands import JsonCommand
from players.services.create_player import create_player
from players.services.find_establishment import find_establishment


class Command(JsonCommand):
    help = "Create a player and print it as JSON. What is not given is generated or left empty."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--id", dest="player_id", help="The integer of the v1 paths.")
        parser.add_argument("--uuid", help="The UUID of the v2 paths.")
        parser.add_argument("--customer-code", help="The customerId of the sales API.")
        parser.add_argument("--establishment", metavar="ID", help="The establishment's UUID.")
        parser.add_argument("--email", default="")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--coins", default="0", help="The opening balance.")

    def answer(self, **options: Any) -> dict[str, Any]:
        establishment = options["establishment"]
        player = create_player(
            player_id=options["player_id"],
            uuid=options["uuid"],
            customer_code=options["customer_code"],
            establishment=find_establishment(establishment) if establishment else None,
            email=options["email"],
            first_name=options["first_name"],
            last_name=options["last_name"],
            coins=options["coins"],
        )
        return {
            "id": player.pk,
            "uuid": str(player.uuid),
            "customer_code": player.customer_code,
            "establishment": player.establishment_id and str(player.establishment_id),
            "email": player.email,
            "first_name": player.first_name,
            "last_name": player.last_name,
            "coins": float(player.coins),
        }
