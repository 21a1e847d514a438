"""What is asked of a list of sales: `$filter`, `$orderby`, `$skip`, `$top`, `$count`, `$expand`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orders.errors import QueryOptionInvalid
from orders.odata.lexer import shown
from orders.odata.parser import parse_filter
from orders.odata.schema import ITEMS, SALE
from orders.odata.tree import Expression

MAX_SKIP = 10**9
MAX_TOP = 1_000
DEFAULT_TOP = 50
DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)
# Ends the order, so that no two sales have one place in it.
LAST_KEY = "id"


@dataclass(frozen=True, slots=True)
class Key:
    """Null comes before everything, with `is_descending` after it."""

    field: str
    is_descending: bool = False


NEWEST_FIRST = (Key("createdAt", is_descending=True), Key(LAST_KEY))


@dataclass(frozen=True, slots=True, kw_only=True)
class ODataQuery:
    """`ordering` always ends in the id."""

    condition: Expression | None = None
    ordering: tuple[Key, ...] = NEWEST_FIRST
    skip: int = 0
    top: int = DEFAULT_TOP
    with_count: bool = True
    with_items: bool = False


def read_query(options: Mapping[str, Sequence[str]]) -> ODataQuery:
    """The query of these options, each with all its values.

    An unknown option is refused, so that a misspelt filter does not list everything.
    """
    given = {name: _only(name, values) for name, values in options.items()}
    unknown = given.keys() - {"$filter", "$orderby", "$skip", "$top", "$count", "$expand"}
    if unknown:
        name = min(unknown)
        raise QueryOptionInvalid(f"There is no option {shown(name)}.", option=shown(name)[1:-1])
    return ODataQuery(
        skip=_whole(given, "$skip", default=0, most=MAX_SKIP),
        top=_whole(given, "$top", default=DEFAULT_TOP, most=MAX_TOP),
        with_count=_chosen(given, "$count", {"true": True, "false": False}, default=True),
        with_items=_chosen(given, "$expand", {ITEMS: True}, default=False),
        ordering=_ordering(given["$orderby"]) if "$orderby" in given else NEWEST_FIRST,
        condition=parse_filter(given["$filter"]) if "$filter" in given else None,
    )


def _only(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise QueryOptionInvalid(
            f"{shown(name)} was sent more than once.", option=shown(name)[1:-1]
        )
    return values[0]


def _whole(given: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    text = given.get(name, str(default)).strip(" ")
    if not DIGITS.fullmatch(text) or int(text) > most:
        raise QueryOptionInvalid(f"{name} should be a whole number from 0 to {most}.", option=name)
    return int(text)


def _chosen(
    given: Mapping[str, str], name: str, words: Mapping[str, bool], *, default: bool
) -> bool:
    text = given.get(name)
    if text is None:
        return default
    if text not in words:
        raise QueryOptionInvalid(f"{name} should be {' or '.join(words)}.", option=name)
    return words[text]


def _ordering(text: str) -> tuple[Key, ...]:
    keys: list[Key] = []
    for part in text.split(",", len(SALE)):
        match part.split():
            case [name] if name in SALE:
                key = Key(name)
            case [name, direction] if name in SALE and direction.lower() in ("asc", "desc"):
                key = Key(name, is_descending=direction.lower() == "desc")
            case _:
                raise QueryOptionInvalid(
                    f"$orderby: {shown(part.strip())} is not one of {', '.join(SALE)}, with asc or"
                    " desc after it.",
                    option="$orderby",
                )
        if any(other.field == key.field for other in keys):
            raise QueryOptionInvalid(f"$orderby names {key.field} twice.", option="$orderby")
        keys.append(key)
    names = [key.field for key in keys]
    if LAST_KEY in names:
        return tuple(keys[: names.index(LAST_KEY) + 1])
    return (*keys, Key(LAST_KEY))
