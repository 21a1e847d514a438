"""Filters made up by Hypothesis, each with what it says of a sale in plain Python.

A filter is built from its meaning, not read from its text: parser and database are compared with
something that knows neither.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

OR, AND, EQUALITY, RELATION, NOT, ATOM = range(1, 7)
PENDING = "pending"
IS_PENDING = {"pending_payment", "payment_failed", "processing"}
COMPARE = {
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
}


@dataclass(frozen=True)
class Made:
    """`value(sale, item)`: None for null, or for a condition that is unknown."""

    text: str
    binds: int
    value: Callable[[Any, Any], Any]
    # Of a status: how it is written. Of a text that is known: likewise.
    status: Callable[[str], str] | None = None
    known: str | None = None

    def within(self, binding):
        return self.text if self.binds >= binding else f"({self.text})"


def field(name, *, of_item=False):
    if of_item:
        return Made(f"i/{name}", ATOM, lambda _, item: item[name])
    return Made(name, ATOM, lambda sale, _: sale[name], status=str if name == "status" else None)


def literal(value):
    match value:
        case None:
            text = "null"
        case bool():
            text = str(value).lower()
        case str():
            text = "'" + value.replace("'", "''") + "'"
        case Decimal():
            text = str(value)
        case datetime():
            text = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return Made(text, ATOM, lambda *_: value, known=value if isinstance(value, str) else None)


def call(name, function, *arguments):
    def value(sale, item):
        given = [argument.value(sale, item) for argument in arguments]
        return None if None in given else function(*given)

    text = f"{name}({','.join(argument.text for argument in arguments)})"
    first = arguments[0]
    if name not in OF_TEXT:
        return Made(text, ATOM, value)
    return Made(
        text,
        ATOM,
        value,
        status=first.status and (lambda status: function(first.status(status))),
        known=None if first.known is None else function(first.known),
    )


def compared(operator, left, right):
    is_equality = operator in ("eq", "ne")
    binds = EQUALITY if is_equality else RELATION

    def value(sale, item):
        one, other = left.value(sale, item), right.value(sale, item)
        if is_equality:
            return _same(left, right, one, other) == (operator == "eq")
        if one is None or other is None:
            return one is other and operator in ("ge", "le")
        return COMPARE[operator](one, other)

    return Made(f"{left.within(binds)} {operator} {right.within(binds + 1)}", binds, value)


def _same(left, right, one, other):
    """Also the group of statuses that is written as one."""
    for asked, word, found in ((left, right, one), (right, left, other)):
        if asked.status and word.known is not None and word.known == asked.status(PENDING):
            return found in map(asked.status, IS_PENDING)
    return one == other


def one_of(operand, options):
    def value(sale, item):
        found = operand.value(sale, item)
        return any(_same(operand, option, found, option.value(sale, item)) for option in options)

    listed = ", ".join(option.text for option in options)
    return Made(f"{operand.within(RELATION)} in ({listed})", RELATION, value)


def negated(operand):
    def value(sale, item):
        found = operand.value(sale, item)
        return None if found is None else not found

    return Made(f"not {operand.within(NOT)}", NOT, value)


def joined(operator, left, right):
    binds, decides = (AND, False) if operator == "and" else (OR, True)

    def value(sale, item):
        found = {left.value(sale, item), right.value(sale, item)}
        if decides in found:
            return decides
        return None if None in found else not decides

    return Made(f"{left.within(binds)} {operator} {right.within(binds + 1)}", binds, value)


def quantified(kind, condition):
    test = any if kind == "any" else all

    def value(sale, _item):
        return test(condition.value(sale, item) is True for item in sale["items"])

    return Made(f"items/{kind}(i: {condition.text})", ATOM, value)


# --- Values ---------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["", "a", "ord_a1", "cust_ann", "pending", "completed", "processing", "card", "_", "%", "o'n",
     "\\", "offer_mug", "item_b2_1", "credit_card", "PayPal", "xy"]
)  # fmt: skip
LETTERS = st.text("abcO_%'\\ 1", max_size=3)
AMOUNTS = st.sampled_from(["0", "0.01", "1", "2", "5", "10", "99.98", "99.99", "1000", "-3", "5e1"])
HOURS = st.sampled_from(
    ["2026-06-02T10:30:00+00:00", "2026-06-03T00:00:00+00:00", "2026-01-01T00:15:00+00:00",
     "2024-02-29T06:07:08+00:00", "2026-06-02T10:30:00.250000+00:00",
     "2026-06-02T23:59:59+00:00", "2026-06-02T23:59:59.500000+00:00",
     "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"]
)  # fmt: skip
SALE_TEXTS = ["id", "customerId", "status", "paymentStatus", "paymentMethod"]
ITEM_TEXTS = ["id", "offerId", "status"]
OF_TEXT = {"tolower": str.lower, "toupper": str.upper, "trim": lambda text: text.strip(" ")}
OF_TWO = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
PARTS = ["year", "month", "day", "hour", "minute", "second"]


def written(texts):
    """In other letters, on one side or on both, as clients do."""
    return texts | st.builds(
        lambda name, text: call(name, OF_TEXT[name], text), st.sampled_from(sorted(OF_TEXT)), texts
    )


def _fields(of_sale, of_item, *, in_item):
    names = [st.sampled_from(of_sale).map(field)]
    if in_item:
        names.append(st.sampled_from(of_item).map(lambda name: field(name, of_item=True)))
    return st.one_of(names)


def texts(*, in_item):
    plain = (WORDS | LETTERS).map(literal) | _fields(SALE_TEXTS, ITEM_TEXTS, in_item=in_item)
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.builds(lambda name, text: call(name, OF_TEXT[name], text),
                      st.sampled_from(sorted(OF_TEXT)), inner),
            st.builds(lambda one, other: call("concat", str.__add__, one, other), inner, inner),
        ),
        max_leaves=3,
    )  # fmt: skip


def moments():
    return HOURS.map(lambda text: literal(datetime.fromisoformat(text)))


def times():
    return st.sampled_from(["createdAt", "updatedAt"]).map(field) | moments()


def numbers(*, in_item):
    return st.one_of(
        AMOUNTS.map(lambda text: literal(Decimal(text))),
        _fields(["totalAmount"], ["price", "quantity"], in_item=in_item),
        texts(in_item=in_item).map(lambda text: call("length", len, text)),
        st.builds(
            lambda part, time: call(part, lambda moment: getattr(moment, part), time),
            st.sampled_from(PARTS),
            times(),
        ),
    )


def days():
    return times().map(lambda time: call("date", lambda moment: moment.date(), time))


# --- Conditions -----------------------------------------------------------------------------


def comparisons(*, in_item):
    nothing = st.just(literal(None))
    operators = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])
    kinds = [texts(in_item=in_item), numbers(in_item=in_item), times(), days()]
    return st.one_of(
        st.builds(compared, operators, left, right)
        for kind in kinds
        for left, right in [(kind, kind), (kind, nothing), (nothing, kind)]
    )


def simple(*, in_item):
    options = st.lists(st.one_of(WORDS, st.none()).map(literal), min_size=1, max_size=3)
    text = texts(in_item=in_item)
    word = st.sampled_from(["pending", "completed", "processing", "x"]).map(literal)
    part = LETTERS.map(literal)
    nullable = _fields(["paymentMethod"], ["offerId"], in_item=in_item)
    return st.one_of(
        comparisons(in_item=in_item),
        st.builds(compared, st.sampled_from(["eq", "ne"]), st.just(field("status")), word),
        st.builds(lambda one, other: call("contains", OF_TWO["contains"], one, other),
                  nullable, part),
        st.builds(one_of, text, options),
        st.builds(compared, st.sampled_from(["eq", "ne"]), written(st.just(field("status"))),
                  written(word)),
        st.builds(one_of, times(), st.lists(moments(), min_size=1, max_size=3)),
        st.builds(lambda name, one, other: call(name, OF_TWO[name], one, other),
                  st.sampled_from(sorted(OF_TWO)), text, text),
        st.booleans().map(literal),
    )  # fmt: skip


def composed(leaves, *, size):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            inner.map(negated),
            st.builds(joined, st.sampled_from(["and", "or"]), inner, inner),
            st.builds(compared, st.sampled_from(["eq", "ne"]), inner, inner),
        ),
        max_leaves=size,
    )


def filters():
    of_items = st.builds(
        quantified, st.sampled_from(["any", "all"]), composed(simple(in_item=True), size=3)
    )
    return composed(simple(in_item=False) | of_items, size=5)
