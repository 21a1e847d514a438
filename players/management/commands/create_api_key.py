from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime

from config.commands import JsonCommand
from players.services.find_establishment import find_establishment
from players.services.find_player import find_player
from players.services.issue_api_key import issue_api_key


class Command(JsonCommand):
    help = "Issue an API key and print it as JSON, with the key itself for this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--scopes", required=True, help="Separated by spaces: 'inv:* orders:*'")
        parser.add_argument(
            "--establishment",
            metavar="ID",
            help="The UUID of the one establishment that the key reaches; without it, all.",
        )
        parser.add_argument(
            "--player",
            metavar="ID_OR_UUID",
            help="Issue an iframe key: it reaches this one player, to reserve and to deliver. Its "
            "scopes are orders:create and orders:fulfil, or one of them.",
        )
        parser.add_argument(
            "--expires", metavar="TIME", help="Such as 2030-12-31T00:00:00Z; never by default."
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        establishment, expires = options["establishment"], options["expires"]
        player = options["player"]
        key, text = issue_api_key(
            name=options["name"],
            scopes=options["scopes"].split(),
            establishment=find_establishment(establishment) if establishment else None,
            player=find_player(player) if player else None,
            expires_at=_moment(expires) if expires else None,
        )
        return {
            "key": text,
            "id": key.pk,
            "name": key.name,
            "prefix": key.prefix,
            "scopes": key.scopes,
            "establishment": key.establishment_id and str(key.establishment_id),
            "player": key.player and str(key.player.uuid),
            "expires_at": key.expires_at and key.expires_at.isoformat(),
        }


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"--expires {text}: not a time with a zone, as in 2030-12-31T00:00:00Z")
    return moment
