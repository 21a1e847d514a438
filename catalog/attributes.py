"""What may be kept with an offer: a JSON object that is read as it was written."""

import json
import re
from typing import Any

LONGEST = 10_000
DEEPEST = 20
# Beyond it JSON's readers do not agree what a number is.
LARGEST = 2**53
BROKEN = re.compile("[\0\ud800-\udfff]")


def why_not_kept(attributes: Any) -> str:
    """Why these attributes of an offer are refused, or nothing."""
    if not isinstance(attributes, dict):
        return "it is no JSON object"
    level: list[Any] = [attributes]
    for _ in range(DEEPEST + 1):
        if why := next(filter(None, map(_why_not, level)), ""):
            return why
        level = [inner for value in level for inner in _within(value)]
    if level:
        return f"it is nested deeper than {DEEPEST} levels"
    if len(json.dumps(attributes, ensure_ascii=False)) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    return ""


def _why_not(value: Any) -> str:
    if isinstance(value, str) and BROKEN.search(value):
        return "a text with NUL, or half a character, cannot be stored"
    if isinstance(value, int | float) and not abs(value) <= LARGEST:
        return f"a number beyond {LARGEST} must be a text"
    return ""


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
