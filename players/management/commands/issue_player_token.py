from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from config.commands import JsonCommand
from players.services.find_player import find_player
from players.tokens import issue_player_token

MAX_TTL_SECONDS = 365 * 24 * 60 * 60


class Command(JsonCommand):
    help = "Issue a player's bearer token and print it as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--player", required=True, metavar="ID_OR_UUID")
        parser.add_argument("--scopes", required=True, help="Separated by spaces: 'inv:*'")
        parser.add_argument(
            "--ttl", type=_seconds, metavar="SECONDS", help="PLAYER_TOKEN_TTL by default."
        )

    def answer(self, **options: Any) -> dict[str, Any]:
        player = find_player(options["player"])
        scopes = options["scopes"].split()
        now = timezone.now()
        life = options["ttl"] or settings.PLAYER_TOKEN_TTL
        return {
            "token": issue_player_token(player, scopes, now=now, ttl=life),
            "expires_at": (now + life).isoformat(timespec="seconds"),
            "player": {"id": player.pk, "uuid": str(player.uuid)},
            "scopes": scopes,
        }


def _seconds(text: str) -> timedelta:
    # A token cannot be taken back: one for ever is surely a mistake.
    if not text.isdecimal() or not 0 < int(text) <= MAX_TTL_SECONDS:
        raise ArgumentTypeError(f"{text} is not a number of seconds, 1 to {MAX_TTL_SECONDS}")
    return timedelta(seconds=int(text))
