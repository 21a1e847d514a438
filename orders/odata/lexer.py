import re
from dataclasses import dataclass
from enum import Enum, auto

from orders.errors import FilterInvalid

SHOWN = 40


class Kind(Enum):
    WORD = auto()
    TEXT = auto()
    NUMBER = auto()
    TIME = auto()
    DATE = auto()
    MARK = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """`position` counts characters from 1."""

    kind: Kind
    text: str
    position: int

    def is_mark(self, mark: str) -> bool:
        return self.kind is Kind.MARK and self.text == mark


# The longer kinds stand before those with which they begin.
SHAPES = re.compile(
    r"""
    (?P<SPACE> [ \t\r\n]+ )
    | (?P<TEXT> '(?:[^']|'')*' )
    | (?P<TIME> \d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:Z|[+-]\d\d:\d\d)? )
    | (?P<DATE> \d{4}-\d\d-\d\d )
    | (?P<NUMBER> [+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)? )
    | (?P<WORD> [A-Za-z_$][A-Za-z0-9_]* )
    | (?P<MARK> [(),/:] )
    """,
    re.VERBOSE | re.ASCII,
)
ENDS = re.compile(r"[ \t\r\n(),/:]|\Z", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def refuse(message: str, position: int) -> FilterInvalid:
    return FilterInvalid(f"Character {position}: {message}", position=position)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a filter, the last of which is its end."""
    control = CONTROL.search(text)
    if control:
        raise refuse("a control character is no part of a filter.", control.start() + 1)
    tokens = []
    at = 0
    while at < len(text):
        found = SHAPES.match(text, at)
        if found is None:
            raise refuse(_no_token(text, at), at + 1)
        kind = str(found.lastgroup)
        if kind in ("TEXT", "TIME", "DATE", "NUMBER", "WORD") and not ENDS.match(text, found.end()):
            raise refuse(f"there is no {shown(text[at:].split(maxsplit=1)[0])}.", at + 1)
        if kind != "SPACE":
            tokens.append(Token(Kind[kind], found[0], at + 1))
        at = found.end()
    return [*tokens, Token(Kind.END, "", len(text) + 1)]


def shown(text: str) -> str:
    """As a message quotes what was sent."""
    return f'"{text[:SHOWN]}{"…" if len(text) > SHOWN else ""}"'


def _no_token(text: str, at: int) -> str:
    if text[at] == "'":
        return "the text that begins here does not end; a ' within it is written ''."
    return f"there is no {shown(text[at])} in a filter."
