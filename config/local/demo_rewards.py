"""The second part of make demo: a reward from its reservation to its refunded cancellation."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.urls import reverse

from config.local import Trouble, terminal
from config.local.caller import PATIENCE_SECONDS, Caller
from config.local.manage import manage
from config.local.place import HERE
from config.local.ports import LOOPBACK

PRODUCTS = Path(__file__).with_name("demo_products.json")
AURORA = "e57ab115-4e57-4ab1-8e57-e57ab1154e57"
FIGURINE, MUG = "f1a57000-0000-4000-8000-000000000001", "f1a57000-0000-4000-8000-000000000002"
FIGURINE_PRICE, MUG_PRICE = 100, 40
GRACE = "09ace09a-09ac-4e09-8ace-09ace09ace09"
ADDRESS = {
    "addressLine1": "Main St 1",
    "addressLine2": "Apt 3",
    "city": "Los Angeles",
    "province": "CA",
    "country": "US",
    "postalCode": "90210",
}
SCOPES = "orders:* coins:change"


def play_rewards(port: int, server: Caller, casino: Caller) -> None:
    """Show an order that is cancelled, one for staff to cancel, one for the player to complete."""
    make_player(casino)
    terminal.line("\n  A casino gives its player 100 coins for a figurine, and cancels it later:")
    owned = holdings(server)
    transaction = acquire_figurine(casino, server)
    cancel_and_refund(casino, transaction)
    if holdings(server) != owned:
        raise Trouble("The loot of the cancelled figurine was not taken back.")
    terminal.line(f"    {FIGURINE_PRICE} coins are refunded, the loot is taken back")
    terminal.line(f"    {staff_page(port, transaction)}")
    terminal.line("\n  Another figurine is acquired, and left for you to cancel as staff do:")
    transaction = acquired_before(casino) or acquire_figurine(casino, server)
    terminal.line(f"    {staff_page(port, transaction)}")
    terminal.line("\n  The address of a third order, a mug, is left for the player to type:")
    terminal.line(f"    {reserved(casino, MUG, MUG_PRICE)['trackUrl']}")


def casino_key(port: int) -> str:
    """Return the establishment's API key: the kept one, or a new one where it is not known."""
    kept = HERE.path / "demo_casino_key"
    if kept.exists():
        key = json.loads(kept.read_text())
        status, *_ = Caller(port, key).ask("GET", f"/players/{GRACE}/orders")
        if status != 401:  # noqa: PLR2004 - this API's word for a key that is refused
            return key
    arguments = ["--name", "Demo casino", "--scopes", SCOPES, "--establishment", AURORA]
    key = json.loads(manage("create_api_key", *arguments))["key"]
    HERE.write(kept.name, key)
    return key


def make_player(casino: Caller) -> None:
    status, *_ = casino.ask("GET", f"/players/{GRACE}/orders")
    if status == 400:  # noqa: PLR2004 - there is no such player
        name = ["--first-name", "Grace", "--last-name", "Hopper", "--email", "grace@example.com"]
        manage("create_player", "--uuid", GRACE, "--establishment", AURORA, *name)


def acquire_figurine(casino: Caller, server: Caller) -> str:
    """Reserve, deliver and acquire a figurine, with the loot that it holds."""
    transaction = reserved(casino, FIGURINE, FIGURINE_PRICE)["transactionId"]
    told(casino, "POST", f"/orders/{GRACE}/send/{transaction}", ADDRESS)
    owned = holdings(server)
    told(casino, "POST", f"/orders/{GRACE}/acquisition/{transaction}")
    wait_until(lambda: holdings(server) != owned, "the loot of the figurine")
    terminal.line("    its loot, the starter pack, is in the player's inventory")
    return transaction


def acquired_before(casino: Caller) -> str | None:
    """The transaction of a figurine that a demo before has left, and nobody has cancelled."""
    orders, _ = casino.must(200, "GET", f"/players/{GRACE}/orders")
    for order in orders:
        if (order["productId"], order["orderDisplayStatus"]) == (FIGURINE, "Acquired"):
            return order["transactionId"]
    return None


def cancel_and_refund(casino: Caller, transaction: str) -> None:
    told(casino, "DELETE", f"/orders/{GRACE}/acquisition/{transaction}", {"refund": True})
    order, _ = casino.must(200, "GET", f"/players/{GRACE}/orders/{transaction}")
    if order["refunded"] != FIGURINE_PRICE:
        raise Trouble(f"{order['refunded']} coins were refunded instead of {FIGURINE_PRICE}.")
    give_coins(casino, -FIGURINE_PRICE)


def staff_page(port: int, transaction: str) -> str:
    """The address of the order's page in the admin."""
    from orders.models import Order  # noqa: PLC0415 - Django is set up by now

    order = Order.objects.get(transaction_id=transaction)
    return f"http://{LOOPBACK}:{port}{reverse('admin:orders_order_change', args=[order.pk])}"


def give_coins(casino: Caller, coins: int) -> None:
    operation = "add" if coins > 0 else "subtract"
    body = {"establishmentId": AURORA, "playerId": GRACE, "change": abs(coins)}
    casino.must(200, "PUT", "/coins", body | {"operation": operation})


def reserved(casino: Caller, product: str, price: int) -> Any:
    """Return the open order of the product: there can be one, perhaps of a demo before."""
    orders, _ = casino.must(200, "GET", f"/players/{GRACE}/orders")
    for order in orders:
        if (order["productId"], order["orderStatus"]) == (product, "Pending"):
            return order
    give_coins(casino, price)
    body = {"productId": product, "establishmentId": AURORA}
    return told(casino, "POST", f"/orders/{GRACE}/reservation", body)


def told(casino: Caller, method: str, path: str, body: object = None) -> Any:
    """Send the request, show it, and what became of the order."""
    order, _ = casino.must(200, method, path, body)
    shown = path.replace(GRACE, "…").replace(order["transactionId"], "…")
    terminal.line(
        f"    {f'{method} {shown}':<32} {order['orderType']} / {order['orderStatus']}"
        + (f", {order['reference']}" if "reference" in order else "")
    )
    return order


def holdings(server: Caller) -> dict[str, int]:
    """Return how many of each item the player owns, of those that there are any of."""
    body, _ = server.must(200, "GET", f"/inventory/v2/player/{GRACE}/inventory")
    items = body["inventory"]["items"].items()
    counts = {
        item: sum(record["count"] for record in owned["records"].values()) for item, owned in items
    }
    return {item: count for item, count in counts.items() if count}


def wait_until(condition: Callable[[], bool], what: str) -> None:
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise Trouble(f"No worker has brought {what} within {PATIENCE_SECONDS} s: runs one?")
        time.sleep(0.1)
