"""From the text of `$filter` to a tree: a Pratt parser.

What binds tighter, from the tightest: not; gt ge lt le in; eq ne; and; or.
"""

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import cast

from orders.odata.checks import call, comparison, condition, membership
from orders.odata.lexer import Kind, Token, refuse, shown, tokens_of
from orders.odata.literals import WORDS, literal_of
from orders.odata.schema import FUNCTIONS, ITEM, ITEMS, SALE, Column
from orders.odata.tree import Comparing, Expression, Field, Literal, Logic, Not, Quantifier

# The web server takes addresses in which so many fit, if no more than half are encoded.
MAX_LENGTH = 4_000
MAX_DEPTH = 32
MAX_TERMS = 400

BINDS: dict[str, int] = {
    "or": 1,
    "and": 2,
    "eq": 3,
    "ne": 3,
    "gt": 4,
    "ge": 4,
    "lt": 4,
    "le": 4,
    "in": 4,
    "not": 5,
}
INFIX = BINDS.keys() - {"not"}
# However many are joined by one of these, they stand beside each other.
FLAT = ("and", "or")


def parse_filter(text: str) -> Expression:
    """The filter, if it is one and within the limits; every mistake has its place."""
    if len(text) > MAX_LENGTH:
        raise refuse(f"a filter has at most {MAX_LENGTH} characters.", MAX_LENGTH + 1)
    reader = Reader(tokens_of(text))
    found = condition(reader.expression(0), "a filter")
    reader.expect_end()
    return found


@dataclass(slots=True)
class Reader:
    tokens: list[Token]
    at: int = 0
    depth: int = 0
    terms: int = 0
    variable: str = ""

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def take_mark(self, mark: str) -> Token:
        if not self.next.is_mark(mark):
            raise refuse(f"{mark} is missing before {_named(self.next)}.", self.next.position)
        return self.take()

    def expect_end(self) -> None:
        token = self.next
        if token.kind is not Kind.END:
            raise refuse(f"{_named(token)} cannot follow here.", token.position)

    def expression(self, binding: int) -> Expression:
        """What stands here, up to an operator that does not bind tighter."""
        outside = self.depth
        self._deepen()
        found = self._operand()
        while (operator := _operator(self.next)) in INFIX and BINDS[operator] > binding:
            if operator not in FLAT:
                self._deepen()
            found = self._operation(found)
        self.depth = outside
        return found

    def _deepen(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise refuse(f"a filter nests at most {MAX_DEPTH} deep.", self.next.position)

    def _operation(self, left: Expression) -> Expression:
        token = self.take()
        operator = _operator(token)
        if operator == "in":
            return membership(left, self._options(), position=token.position)
        right = self.expression(BINDS[operator])
        if operator not in FLAT:
            return comparison(cast("Comparing", operator), left, right, position=token.position)
        left, right = condition(left, operator), condition(right, operator)
        operands = (
            left.operands if isinstance(left, Logic) and left.operator == operator else (left,)
        )
        return Logic(
            operator=cast("OneOf['and', 'or']", operator),
            operands=(*operands, right),
            position=token.position,
        )

    def _operand(self) -> Expression:
        token = self.take()
        match token.kind:
            case Kind.TEXT | Kind.NUMBER | Kind.TIME | Kind.DATE:
                return self._literal(token)
            case Kind.WORD:
                return self._word(token)
        if token.is_mark("("):
            found = self.expression(0)
            self.take_mark(")")
            return found
        raise refuse(f"a value or a condition is missing before {_named(token)}.", token.position)

    def _word(self, token: Token) -> Expression:
        word = token.text
        if word.lower() == "not":
            operand = condition(self.expression(BINDS["not"]), "not")
            return Not(operand=operand, position=token.position)
        if word in WORDS:
            return self._literal(token)
        if self.next.is_mark("("):
            return self._call(token)
        if self.next.is_mark("/"):
            return self._path(token)
        return self._field(token, SALE, is_of_item=False)

    def _literal(self, token: Token) -> Literal:
        self._count_term(token)
        if token.kind is Kind.WORD and token.text in WORDS:
            value, its_type = WORDS[token.text]
            return Literal(value=value, type=its_type, position=token.position)
        if token.kind in (Kind.TEXT, Kind.NUMBER, Kind.TIME, Kind.DATE):
            return literal_of(token)
        raise refuse(f"a value is missing before {_named(token)}.", token.position)

    def _options(self) -> list[Literal]:
        self.take_mark("(")
        options = [self._literal(self.take())]
        while self.next.is_mark(","):
            self.take()
            options.append(self._literal(self.take()))
        self.take_mark(")")
        return options

    def _call(self, word: Token) -> Expression:
        if word.text.lower() not in FUNCTIONS:
            raise refuse(
                f"there is no function {shown(word.text)}; there are {', '.join(FUNCTIONS)}.",
                word.position,
            )
        self.take_mark("(")
        arguments = [self.expression(0)]
        while self.next.is_mark(","):
            self.take()
            arguments.append(self.expression(0))
        self.take_mark(")")
        return call(word, arguments)

    def _path(self, word: Token) -> Expression:
        self.take_mark("/")
        name = self.take()
        if word.text == ITEMS and name.text in ("any", "all"):
            return self._quantifier(name)
        if self.variable and word.text == self.variable:
            return self._field(name, ITEM, is_of_item=True)
        raise refuse(
            f"there is no {shown(word.text + '/')}; items are asked by {ITEMS}/any(i: i/price gt 5)"
            f" or {ITEMS}/all(…).",
            word.position,
        )

    def _quantifier(self, name: Token) -> Expression:
        if self.variable:
            raise refuse("any and all do not stand within each other.", name.position)
        self._count_term(name)
        self.take_mark("(")
        asked = None
        if name.text == "all" or not self.next.is_mark(")"):
            self.variable = self._new_variable()
            self.take_mark(":")
            asked = condition(self.expression(0), name.text)
            self.variable = ""
        self.take_mark(")")
        kind = cast("OneOf['any', 'all']", name.text)
        return Quantifier(kind=kind, condition=asked, position=name.position)

    def _new_variable(self) -> str:
        token = self.take()
        if token.kind is not Kind.WORD or token.text in (*SALE, *WORDS, *BINDS, ITEMS):
            raise refuse(
                f"a name for the item is missing before {_named(token)}: {ITEMS}/any(i: …).",
                token.position,
            )
        return token.text

    def _field(self, token: Token, columns: dict[str, Column], *, is_of_item: bool) -> Field:
        self._count_term(token)
        if token.text not in columns:
            raise refuse(
                f"there is no field {shown(token.text)}; there are {', '.join(columns)}.",
                token.position,
            )
        return Field(
            name=token.text,
            column=columns[token.text],
            is_of_item=is_of_item,
            position=token.position,
        )

    def _count_term(self, token: Token) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise refuse(f"a filter has at most {MAX_TERMS} fields and values.", token.position)


def _operator(token: Token) -> str:
    return token.text.lower() if token.kind is Kind.WORD else ""


def _named(token: Token) -> str:
    return "the end" if token.kind is Kind.END else shown(token.text)
