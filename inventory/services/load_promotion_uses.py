from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from catalog.snapshot import Catalogue, promotion_code
from inventory.fulfilment.orders import Entry, Order
from inventory.fulfilment.vocabulary import EntryType
from inventory.services.database import ask, columns

# Uses are numbered without gaps: the largest number is how many there are.
PROMOTION_USES = """
    SELECT asked.player_id, asked.code,
        (SELECT max(number) FROM inventory_promotionuse WHERE promotion_id = asked.code),
        (SELECT max(player_number) FROM inventory_promotionuse
            WHERE player_id = asked.player_id AND promotion_id = asked.code)
    FROM unnest(%s::bigint[], %s::text[]) AS asked (player_id, code)
"""


def promotion_codes(entries: Iterable[Entry], catalogue: Catalogue) -> set[str]:
    """The codes of promotions that the entries would use."""
    codes = {
        promotion_code(entry.external_tran_id)
        for entry in entries
        if entry.type is EntryType.PROMOTION_CODE and entry.external_tran_id
    }
    return {code for code in codes if code in catalogue.promotions}


def load_promotion_uses(
    orders: Sequence[tuple[int, Order]], catalogue: Catalogue
) -> tuple[dict[int, dict[str, int]], Counter[str]]:
    """How often each player used each code in question, and how often all players did."""
    asked = {
        (player_id, code)
        for player_id, order in orders
        for code in promotion_codes(order.entries, catalogue)
    }
    own: dict[int, dict[str, int]] = defaultdict(dict)
    total: Counter[str] = Counter()
    if asked:
        for player_id, code, uses, own_uses in ask(PROMOTION_USES, columns(asked)):
            own[player_id][code] = own_uses or 0
            total[code] = uses or 0
    return own, total
