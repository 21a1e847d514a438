"""What filling a vendor may give a player, and how likely that is."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from fractions import Fraction
from math import sqrt
from typing import Any, TypeVar
from uuid import UUID

from catalog.snapshot import Catalogue, Loot, Vendor
from inventory.fulfilment.holdings import Holdings
from inventory.fulfilment.orders import Entry, Order, Rules
from inventory.fulfilment.vocabulary import EntryType, Result, Source
from inventory.fulfilment.ways import Question, Weighed

MAX_PATHS = 10_000
SAMPLES = 10_000
EFFORT = 1_000_000  # in microseconds of an ordinary machine, and half of it to sample
NOBODY = UUID(int=0)
_DEVIATIONS = 1.96  # of a normal distribution, to both sides: 95 % lie within

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class DropOdds:
    """Loot that is drawn and filled. `probability` is that of at least once, `expected` how often.

    `error`: with 95 % confidence the probability is no further off; 0 where it is exact.
    """

    loot_id: int
    item_id: int | None
    sub_vendor_id: int | None
    probability: Fraction
    expected: Fraction
    error: float


@dataclass(frozen=True, slots=True)
class ItemOdds:
    """What becomes of the player's counts of an item; what is taken is below 0.

    `probability` is that of any change, also of a rental's time alone: then the quantity is 0.
    """

    item_id: int
    probability: Fraction
    expected: Fraction
    quantities: Mapping[int, Fraction]
    error: float


@dataclass(frozen=True, slots=True)
class Odds:
    """`paths` is how many paths of draws there are, or, unless `exact`, how many were sampled.

    `nothing` is the probability that no record changes, `results` those of the filling's results.
    `cut`: not all orders could be followed, so the longest ways give more than is told here.
    """

    vendor_id: int
    catalogue_version: int
    etag: str
    quantity: int
    exact: bool
    paths: int
    cut: bool
    nothing: Fraction
    results: Mapping[Result, Fraction]
    drops: tuple[DropOdds, ...]
    items: tuple[ItemOdds, ...]

    def as_json(self) -> dict[str, Any]:
        """With floats for fractions, and quantities as text: they are keys."""
        answer: dict[str, Any] = _json(asdict(self))
        return answer


def odds(  # noqa: PLR0913 - what an order of the vendor depends on
    vendor_id: int,
    catalogue: Catalogue,
    holdings: Holdings,
    *,
    now: datetime,
    rules: Rules,
    player_uuid: UUID = NOBODY,
    portal_id: int | None = None,
    quantity: int = 1,
    max_paths: int = MAX_PATHS,
    samples: int = SAMPLES,
    effort: int = EFFORT,
) -> Odds:
    """The odds of filling the vendor `quantity` times in one entry, for who has these holdings.

    They are exact; but where there are more than `max_paths` paths, or they take more effort, they
    are sampled. One order that takes much may take the time of `Rules.max_work` besides.
    """
    vendor = catalogue.vendors[vendor_id]
    within, loot = _with_loot_of(vendor, catalogue)
    order = Order(
        player_uuid=player_uuid,
        source=Source.SYSTEM,
        portal_id=portal_id,
        is_transaction=False,
        permissions=frozenset({"loot"}),
        entries=(Entry(EntryType.FILL_LOOT, quantity, loot_id=loot.id),),
        created_time=now,
    )
    question = Question(order, within, holdings, now, rules)
    walked = question.walked(max_paths, effort)
    ways, paths = walked or question.sampled(samples, effort // 2)
    sampled = 0 if walked else paths
    return Odds(
        vendor_id=vendor_id,
        catalogue_version=catalogue.version,
        etag=vendor.etag,
        quantity=quantity,
        exact=walked is not None,
        paths=paths,
        cut=any(way.cut for way in ways),
        nothing=sum((p for way, p in ways.items() if not way.items), Fraction(0)),
        results=_summed((way.result, p) for way, p in ways.items()),
        drops=_drops(ways, catalogue, sampled),
        items=_items(ways, sampled),
    )


def _with_loot_of(vendor: Vendor, catalogue: Catalogue) -> tuple[Catalogue, Loot]:
    """The catalogue with one more loot, which fills the vendor."""
    free_id = min([0, *catalogue.loot, *catalogue.vendors]) - 1
    loot = Loot(free_id, free_id, None, sub_vendor_id=vendor.id)
    of_loot = Vendor(free_id, "recipe", True, None, "", (loot,))
    return replace(
        catalogue,
        vendors={**catalogue.vendors, free_id: of_loot},
        loot={**catalogue.loot, free_id: loot},
    ), loot


def _drops(ways: Weighed, catalogue: Catalogue, samples: int) -> tuple[DropOdds, ...]:
    probability = _summed((loot_id, p) for way, p in ways.items() for loot_id, _ in way.drops)
    expected = _summed((loot_id, n * p) for way, p in ways.items() for loot_id, n in way.drops)
    return tuple(
        DropOdds(
            loot_id,
            catalogue.loot[loot_id].item_id,
            catalogue.loot[loot_id].sub_vendor_id,
            probability[loot_id],
            expected[loot_id],
            _error(probability[loot_id], samples),
        )
        for loot_id in sorted(probability)
    )


def _items(ways: Weighed, samples: int) -> tuple[ItemOdds, ...]:
    by_item: dict[int, dict[int, Fraction]] = {}
    for way, p in ways.items():
        for item_id, quantity in way.items:
            quantities = by_item.setdefault(item_id, {})
            quantities[quantity] = quantities.get(quantity, Fraction(0)) + p
    return tuple(
        ItemOdds(
            item_id,
            probability := sum(quantities.values(), Fraction(0)),
            sum((n * p for n, p in quantities.items()), Fraction(0)),
            dict(sorted(quantities.items())),
            _error(probability, samples),
        )
        for item_id, quantities in sorted(by_item.items())
    )


def _summed(terms: Iterable[tuple[Key, Fraction]]) -> dict[Key, Fraction]:
    sums: dict[Key, Fraction] = {}
    for key, term in terms:
        sums[key] = sums.get(key, Fraction(0)) + term
    return sums


def _error(probability: Fraction, samples: int) -> float:
    """How far off the further end of Wilson's interval is: above 0 even for never and always."""
    if not samples:
        return 0.0
    p, share = float(probability), _DEVIATIONS**2 / samples
    middle = (p + share / 2) / (1 + share)
    half = sqrt(p * (1 - p) * share + share**2 / 4) / (1 + share)
    return half + abs(middle - p)


def _json(value: Any) -> Any:
    match value:
        case Fraction():
            return float(value)
        case dict():
            return {str(key): _json(each) for key, each in value.items()}
        case list() | tuple():
            return [_json(each) for each in value]
        case _:
            return value
