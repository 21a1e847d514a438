"""Structured fields as a person types them: a line each, instead of JSON."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.models import Bucket

LARGEST = 2**63 - 1
PRICE = re.compile(r"([1-9]\d{0,18})\s+of\s+(?:item\s+)?(\d{1,19})")


class LinesField(forms.CharField):
    """Text in which every line is one entry of the value."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget({"rows": 4}), **kwargs)

    def to_python(self, value: Any) -> Any:
        lines = (super().to_python(value) or "").splitlines()
        read = [self._read(number, line) for number, line in enumerate(lines, 1) if line.strip()]
        return self.gather(read)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "\n".join(self.lines_of(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True

    def _read(self, number: int, line: str) -> Any:
        try:
            return self.read(line)
        except ValueError as error:
            raise ValidationError(f"Line {number}: {error}") from error

    def read(self, line: str) -> Any:
        """One entry, or ValueError with what is wrong."""
        raise NotImplementedError

    def gather(self, entries: list[Any]) -> Any:
        return entries

    def lines_of(self, value: Any) -> Sequence[str]:
        raise NotImplementedError


class BreakpointsField(LinesField):
    """Such as `10: 90 of item 7 + 5 of item 8`."""

    def read(self, line: str) -> dict[str, Any]:
        quantity, colon, prices = line.partition(":")
        if not colon or not quantity.strip().isdecimal() or not 0 < int(quantity) <= LARGEST:
            raise ValueError("must begin with a quantity from 1 on and a colon.")
        return {"quantity": int(quantity), "currencies": [*map(read_price, prices.split("+"))]}

    def lines_of(self, value: Any) -> list[str]:
        return [
            f"{each['quantity']}: "
            + " + ".join(
                f"{price['price']} of item {price['price_item_id']}" for price in each["currencies"]
            )
            for each in value or ()
        ]


def read_price(text: str) -> dict[str, int]:
    found = PRICE.fullmatch(text.strip())
    if found is None or int(found[1]) > LARGEST:
        raise ValueError(f"“{text.strip()}” is no price such as “90 of item 7”.")
    return {"price_item_id": int(found[2]), "price": int(found[1])}


class BucketRulesField(LinesField):
    """Such as `steam: steam, free, none`."""

    def read(self, line: str) -> tuple[str, list[str]]:
        platform, _, buckets = line.partition(":")
        names = [name.strip() for name in [platform, *buckets.split(",")]]
        unknown = [name for name in names if name not in Bucket.values]
        if unknown:
            raise ValueError(f"“{unknown[0]}” is no bucket.")
        return names[0], names[1:]

    def gather(self, entries: list[Any]) -> dict[str, list[str]]:
        rules = dict(entries)
        if len(rules) < len(entries):
            raise ValidationError("A platform has more than one line.")
        return rules

    def lines_of(self, value: Any) -> list[str]:
        return [f"{platform}: {', '.join(buckets)}" for platform, buckets in (value or {}).items()]
