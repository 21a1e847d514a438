import time
from contextlib import suppress

import pytest

from orders.errors import FilterInvalid
from orders.odata.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse_filter

SALE_FIELDS = (
    "id, customerId, status, paymentStatus, paymentMethod, totalAmount, createdAt, updatedAt"
)
FUNCTIONS = (
    "contains, startswith, endswith, tolower, toupper, trim, concat, length, year, month, day,"
    " hour, minute, second, date"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Character 1: a value or a condition is missing before the end."),
        ("status eq", "Character 10: a value or a condition is missing before the end."),
        ("status", "Character 1: a filter needs a condition here, not a text."),
        ("status eq 'x' id", 'Character 15: "id" cannot follow here.'),
        ("status eq 'x", ("Character 11: the text that begins here does not end;"
         " a ' within it is written ''.")),
        ('status eq "x"', 'Character 11: there is no """ in a filter.'),
        ("(status eq 'x'", "Character 15: ) is missing before the end."),
        ("status eq 'x')", 'Character 14: ")" cannot follow here.'),
        ("status eq 5", "Character 8: eq cannot compare a text with a number."),
        ("totalAmount eq '5'", "Character 13: eq cannot compare a number with a text."),
        ("totalAmount gt 5abc", 'Character 16: there is no "5abc".'),
        ("totalAmount gt 0x10", 'Character 16: there is no "0x10".'),
        ("totalAmount gt 1e41", ("Character 16: the number has more than 40 digits, or an exponent"
         " beyond 40.")),
        ("totalAmount eq NaN", f'Character 16: there is no field "NaN"; there are {SALE_FIELDS}.'),
        ("password eq 'x'", f'Character 1: there is no field "password"; there are {SALE_FIELDS}.'),
        ("player__email eq 'x'",
         f'Character 1: there is no field "player__email"; there are {SALE_FIELDS}.'),
        ("establishment/name eq 'x'", ('Character 1: there is no "establishment/"; items are asked'
         " by items/any(i: i/price gt 5) or items/all(…).")),
        ("not status eq 'x'", "Character 5: not needs a condition here, not a text."),
        ("null", "Character 1: a filter needs a condition here, not null."),
        ("true gt false", "Character 6: conditions are compared with eq and ne, not gt."),
        ("status eq 'x' and 'y'", "Character 19: and needs a condition here, not a text."),
        ("status in ()", 'Character 12: a value is missing before ")".'),
        ("status in ('x', 5)", "Character 17: in cannot compare a text with a number."),
        ("status in 'x'", 'Character 11: ( is missing before "\'x\'".'),
        ("status in ('x', id)", 'Character 17: a value is missing before "id".'),
        ("sleep(5) eq 1", f'Character 1: there is no function "sleep"; there are {FUNCTIONS}.'),
        ("contains(id) eq true", "Character 1: contains takes 2 arguments, not 1."),
        ("contains(id,null)", "Character 13: contains takes a text here, not null."),
        ("year(totalAmount) eq 1", "Character 6: year takes a time here, not a number."),
        ("year(date(createdAt)) eq 1", "Character 6: year takes a time here, not a date."),
        ("createdAt gt 2026-02-30", 'Character 14: "2026-02-30" is no date; write 2026-06-02.'),
        ("createdAt gt 'soon'",
         'Character 14: "soon" is no time; write 2026-06-02T10:30:00Z.'),
        ("createdAt lt 0001-01-01T00:00:00+14:00",
         'Character 14: "0001-01-01T00:00:00+14:00" is no time; write 2026-06-02T10:30:00Z.'),
        ("date(createdAt) eq 2026-06-02T10:30:00Z",
         "Character 17: eq cannot compare a date with a time."),
        ("items/any(i: items/any(j: true))",
         "Character 20: any and all do not stand within each other."),
        ("items/all()", ('Character 11: a name for the item is missing before ")":'
         " items/any(i: …).")),
        ("items/any(status: true)", ('Character 11: a name for the item is missing before "status":'
         " items/any(i: …).")),
        ("items/any(i: i/cost gt 1)",
         'Character 16: there is no field "cost"; there are id, offerId, quantity, price, status.'),
        ("items/any(i: true) and i/price gt 1", ('Character 24: there is no "i/"; items are asked'
         " by items/any(i: i/price gt 5) or items/all(…).")),
        ("items/count() eq 1", ('Character 1: there is no "items/"; items are asked'
         " by items/any(i: i/price gt 5) or items/all(…).")),
        ("items/any(i: i/price)", "Character 16: any needs a condition here, not a number."),
        ("id eq 'a\0'", "Character 9: a control character is no part of a filter."),
        ("id eq '\ud800'", "Character 8: a control character is no part of a filter."),
        ("id eq 'x'; DROP TABLE orders_order", 'Character 7: there is no "\'x\';".'),
        ("id eq ５", 'Character 7: there is no "５" in a filter.'),
    ],
)  # fmt: skip
def test_parser_says_what_it_cannot_understand_and_where(text, message):
    with pytest.raises(FilterInvalid) as refused:
        parse_filter(text)

    assert refused.value.message == message
    assert refused.value.details == {"position": int(message.split()[1].rstrip(":"))}


HOSTILE = {
    "length": "status eq 'x' or " * 300 + "true",
    "one long text": f"id eq '{'x' * 100_000}'",
    "terms": " or ".join(["true"] * (MAX_TERMS + 1))[:MAX_LENGTH],
    "options": f"id in ({','.join(chr(39) * 2 for _ in range(MAX_TERMS))})",
    "parentheses": "(" * MAX_LENGTH,
    "closed parentheses": "(" * 1_900 + "true" + ")" * 1_900,
    "not": "not " * 900 + "true",
    "functions": "tolower(" * 400 + "id" + ")" * 400 + " eq ''",
    "nested arguments": "concat(id," * (MAX_DEPTH + 1) + "id" + ")" * (MAX_DEPTH + 1) + " eq ''",
    "a huge number": "totalAmount gt " + "9" * 3_900,
    "a huge exponent": "totalAmount gt 1e999999999",
    "a long exponent": "totalAmount gt 1e" + "0" * 3_900,
    "comparisons": "true" + " eq true" * 100,
    "quotes": "'" * (MAX_LENGTH - 1),
    "spaces": " " * MAX_LENGTH,
    "controls": "\0" * MAX_LENGTH,
    "a long word": "a" * MAX_LENGTH,
    "slashes": "items/" * 600,
    "many years": "createdAt gt 99999-01-01T00:00:00Z",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_filter_is_refused_at_once(text):
    with pytest.raises(FilterInvalid) as refused:
        parse_filter(text)

    assert len(refused.value.message) < 300
    assert min(_seconds(text) for _ in range(5)) < 0.05


def _seconds(text):
    started = time.process_time()
    with suppress(FilterInvalid):
        parse_filter(text)
    return time.process_time() - started


def test_limits_are_what_may_be_written():
    deep = MAX_DEPTH - 1
    parse_filter(" or ".join(["true"] * MAX_TERMS))
    parse_filter("(" * deep + "true" + ")" * deep)
    parse_filter(f"id eq '{'x' * (MAX_LENGTH - len('id eq **'))}'")
