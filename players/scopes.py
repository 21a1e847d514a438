"""What a key or token may be allowed to do (DOMAIN 2.3 and 4.6), one line each."""

from collections.abc import Collection, Iterable

from players.errors import ScopesUnknown

SCOPES = {
    "inv:*": "Everything in the player orders API.",
    "inv:create_order:player:self": "Place orders for oneself.",
    "inv:create_order:player:any": "Place orders for any player.",
    "inv:create_order:source:client": "Place orders of the source CLIENT.",
    "inv:create_order:source:any": "Place orders of every source.",
    "inv:create_order:entry:loot": "Order loot: fill it, buy it, claim it by a promotion code.",
    "inv:create_order:entry:inventory": "Order direct changes of inventory records.",
    "inv:read_order:self": "Read one's own orders.",
    "inv:read_order:any": "Read the orders of any player.",
    "inv:read_inv:self": "Read one's own inventory.",
    "inv:read_inv:any": "Read the inventory of any player.",
    "inv:create_session:self": "Open an inventory session for oneself.",
    "inv:create_session:any": "Open an inventory session for any player.",
    "inv:read_session:self": "Read one's own inventory session.",
    "inv:read_session:any": "Read the inventory session of any player.",
    "inv:simulate": "Ask what an order would do, without doing it.",
    "inv:platform_entitlements:self": "Process one's own platform entitlements.",
    "inv:platform_entitlements:any": "Process the platform entitlements of any player.",
    "orders:*": "Everything with orders, also having webhooks sent again; but not `coins:change`"
    " or `prices:set`.",
    "orders:read": "Read orders, lists and metrics.",
    "orders:create": "Reserve rewards, create sales, pay.",
    "orders:fulfil": "Delivery details, tracking, acquisition, status and item actions.",
    "orders:cancel": "Cancel.",
    "orders:refund": "Refund, also as part of a cancellation.",
    "orders:export": "Export orders.",
    "offers:create": "Put prices on products: create offers.",
    "prices:set": "Create sales at prices of one's own, instead of those of the offers.",
    "webhooks:replay": "Have webhooks sent that were missed.",
    "coins:change": "Add and take coins of players and establishments.",
}


# What the page in a frame calls. A player's browser sees the key: it opens nothing else.
IFRAME_SCOPES = ("orders:create", "orders:fulfil")


def known_scopes(words: Iterable[str], *, among: Collection[str] = SCOPES) -> list[str]:
    """The words, each once, in the order given; refused if one of them is none of these scopes."""
    scopes = list(dict.fromkeys(words))
    if unknown := [word for word in scopes if word not in among]:
        raise ScopesUnknown(
            f"Unknown scopes: {' '.join(unknown)}. There are: {' '.join(among)}", unknown=unknown
        )
    return scopes
