"""Times of sales are compared as they are shown, in whole seconds.

So a time that was answered finds its sale again, and its sale is not later than it. A column that
is compared with values stands alone, so that an index serves it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, Q, Value
from django.db.models.expressions import Combinable, Expression
from django.db.models.functions import TruncSecond
from django.db.models.lookups import (
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Range,
)

MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def shown_time(column: Combinable) -> Expression:
    return TruncSecond(column, tzinfo=UTC)


def compare_time(operator: str, column: Combinable, moment: datetime) -> Q:
    """By gt, ge, lt or le. The end of a second is its last microsecond, which every year has."""
    left: Any = column
    if not moment.microsecond and operator in ("ge", "lt"):
        return Q((GreaterThanOrEqual if operator == "ge" else LessThan)(left, moment))
    beyond = GreaterThan if operator in ("gt", "ge") else LessThanOrEqual
    return Q(beyond(left, _end(moment)))


def match_time(column: Combinable, moments: Sequence[datetime]) -> Q:
    """That it equals one of them, which none does that has a fraction of a second."""
    left: Any = column
    found = Q(Value(False, output_field=BooleanField()))
    for moment in moments:
        if not moment.microsecond:
            found |= Q(Range(left, (moment, _end(moment))))
    return found


def _end(moment: datetime) -> datetime:
    return moment.replace(microsecond=999_999)
