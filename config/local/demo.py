"""make demo: real orders over HTTP, and the ledger that explains what the player owns."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.local import Trouble, terminal
from config.local.caller import PATIENCE_SECONDS, Caller
from config.local.demo_rewards import PRODUCTS, casino_key, play_rewards
from config.local.demo_sales import play_sales
from config.local.manage import manage
from config.local.place import HERE
from config.local.ports import LOOPBACK

CATALOGUE = Path(__file__).with_name("demo_catalogue.json")
STARTER_PACK, SHIELD, SEASON_REWARD, TEN_GEMS = 101, 102, 103, 100
ADA = "0ada0ada-0ada-4ada-8ada-0ada0ada0ada"
PLAYER_SCOPES = (
    "inv:create_order:player:self inv:create_order:source:client inv:create_order:entry:loot "
    "inv:read_order:self inv:read_inv:self"
)
DAY = "86400"


def play(port: int) -> None:
    """Show player orders and their ledger; a reward and a sale, each cancelled and refunded."""
    with terminal.step("Demo catalogue, staff and player"):
        manage("import_catalog", str(CATALOGUE))
        staff = make_staff()
        server = Caller(port, game_server_key(port))
        player = Caller(port, player_token(server))
    before = holdings(player)
    orders = [order_at_once(server), order_for_later(player)]
    show_ledger(before, orders, holdings(player))
    manage("import_products", str(PRODUCTS))
    casino = Caller(port, casino_key(port))
    play_rewards(port, server, casino)
    play_sales(casino)
    manage("audit_ledgers")
    terminal.line(
        "\n  audit_ledgers: all inventory, stock, coins and payments are the sums of their ledgers."
    )
    terminal.line(f"\n  Try it:\n\n{curl(player)}\n\n  Staff     admin, password {staff}")
    terminal.line("  Groups    Support, Supervisor, Auditor: for staff that you add")


def make_staff() -> str:
    """Make the staff user unless there is one, and return its password if it is the kept one."""
    from players.models import User  # noqa: PLC0415 - Django is set up by now

    password = HERE.kept().admin_password
    user = User.objects.filter(username="admin").first()
    user = user or User.objects.create_superuser("admin", password=password)
    return password if user.check_password(password) else "as it was set in this database"


def game_server_key(port: int) -> str:
    """Return the demo's API key: the kept one, or a new one where the database knows it not."""
    kept = HERE.path / "demo_key"
    if kept.exists():
        key = json.loads(kept.read_text())
        status, *_ = Caller(port, key).ask("GET", f"/inventory/v2/player/{ADA}/inventory")
        if status != 403:  # noqa: PLR2004 - this API's word for a key that is refused
            return key
    answer = json.loads(manage("create_api_key", "--name", "Demo game server", "--scopes", "inv:*"))
    HERE.write(kept.name, answer["key"])
    return answer["key"]


def player_token(server: Caller) -> str:
    status, *_ = server.ask("GET", f"/inventory/v2/player/{ADA}/inventory")
    if status == 404:  # noqa: PLR2004 - there is no such player
        name = ["--first-name", "Ada", "--last-name", "Lovelace", "--email", "ada@example.com"]
        manage("create_player", "--uuid", ADA, *name)
    answer = manage("issue_player_token", "--player", ADA, "--scopes", PLAYER_SCOPES, "--ttl", DAY)
    return json.loads(answer)["token"]


def order_at_once(server: Caller) -> Any:
    path = f"/inventory/v2/player/{ADA}/order"
    terminal.line(f"\n  A game server grants the starter pack:\n    POST {path}")
    order, _ = server.must(
        200,
        "POST",
        path,
        {
            "source": "SYSTEM",
            "is_transaction": True,
            "entries": [{"type": "fill_loot", "loot_id": STARTER_PACK, "quantity": 1}],
        },
    )
    terminal.line(f"    200, done: {results(order)}")
    return order


def order_for_later(player: Caller) -> Any:
    path = "/inventory/v2/player/me/order"
    terminal.line(
        f"\n  The player trades gems for a shield and claims a reward:\n    POST {path}"
        "  Prefer: respond-async"
    )
    accepted, headers = player.must(
        202,
        "POST",
        path,
        {
            "entries": [
                {"type": "fill_loot", "loot_id": SHIELD, "quantity": 1},
                {"type": "fill_loot", "loot_id": SEASON_REWARD, "quantity": 2},
            ]
        },
        Prefer="respond-async",
    )
    address = headers["Location"]
    terminal.line(f"    202, accepted: order {accepted['order_id']}\n    GET {address}")
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        order, _ = player.must(200, "GET", address)
        if all("result" in entry for entry in order["entries"]):
            waited = time.monotonic() - began
            terminal.line(f"    200, done by a worker after {waited:.1f} s: {results(order)}")
            return order
        time.sleep(0.1)
    raise Trouble(f"No worker has done the order within {PATIENCE_SECONDS} s: is one running?")


def results(order: Any) -> str:
    return ", ".join(
        f"{entry['type']} {entry['quantity']} × {entry['loot_id']} {entry['result']}"
        for entry in order["entries"]
    )


def holdings(player: Caller) -> dict[int, int]:
    """Return how many of each item the player owns."""
    body, _ = player.must(200, "GET", "/inventory/v2/player/me/inventory")
    items = body["inventory"]["items"].items()
    return {
        int(item): sum(record["count"] for record in owned["records"].values())
        for item, owned in items
    }


def changes(order: Any) -> Iterator[tuple[int, int]]:
    """Yield item and difference of every ledger row of an order."""
    for entry in order["entries"]:
        for detail in entry["details"]:
            change = detail["inv_change"]
            before = change["before"]["count"] if change["before"] else 0
            yield change["after_item_id"], change["after"]["count"] - before


def show_ledger(before: dict[int, int], orders: list[Any], after: dict[int, int]) -> None:
    """Print every change between the two holdings, and that they add up."""
    names = {
        int(key): item["name"] for key, item in json.loads(CATALOGUE.read_text())["items"].items()
    }
    counts = dict(before)
    terminal.line(f"\n  {'The ledger of these orders':<30}{'change':>10}{'count':>10}")
    for order in orders:
        for item, difference in changes(order):
            counts[item] = counts.get(item, 0) + difference
            title = f"{order['order_id'][:8]}…  {names.get(item, item)}"
            terminal.line(f"    {title:<28}{difference:>+10}{counts[item]:>10}")
    if counts != after:
        raise Trouble(f"The ledger does not explain the holdings: {counts} is not {after}.")
    owned = ", ".join(f"{count} {names.get(item, item)}" for item, count in sorted(after.items()))
    why = "what was there before, and these changes" if before else "the sum of these changes"
    terminal.line(f"  The player owns {owned}: {why}.")


def curl(player: Caller) -> str:
    body = json.dumps({"entries": [{"type": "fill_loot", "loot_id": TEN_GEMS, "quantity": 1}]})
    return (
        f"curl http://{LOOPBACK}:{player.port}/inventory/v2/player/me/order -d '{body}'"
        f" -H 'Content-Type: application/json' -H 'Authorization: Bearer {player.token}'"
    )
