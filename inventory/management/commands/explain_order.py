from argparse import ArgumentParser
from typing import Any

from config.commands import JsonCommand
from inventory.errors import PlayerOrderNotFound
from inventory.explanations import explain_replay
from inventory.models import PlayerOrder
from inventory.services.replay_player_order import replay_player_order


class Command(JsonCommand):
    help = "Compute a done player order again; print, as JSON, how it came about and what differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("order_id", help="The id on the wire.")

    def answer(self, **options: Any) -> dict[str, Any]:
        orders = PlayerOrder.objects.select_related("player", "rules")
        order = orders.filter(order_id=options["order_id"]).first()
        if order is None:
            raise PlayerOrderNotFound(f"There is no player order {options['order_id']}.")
        replay = replay_player_order(order)
        return {
            "order_id": order.order_id,
            "player": str(order.player.uuid),
            "state": order.state,
            "catalogue_version": order.catalogue_version,
            "reproduced": replay.is_reproduced,
            "why_not": replay.why_not,
            "remarks": list(replay.remarks),
            "entries": [
                {
                    "entry_id": explained.replayed.entry.entry_id,
                    "type": explained.replayed.entry.type,
                    "stored_result": explained.replayed.entry.result,
                    "result": explained.replayed.result,
                    "differences": list(explained.replayed.differences),
                    "steps": [{"depth": line.depth, "text": line.text} for line in explained.lines],
                }
                for explained in explain_replay(replay)
            ],
        }
