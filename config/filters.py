"""Filters of lists, whichever app has the list: opened for one row, or filled in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from config.admin import NarrowedBy, as_uuid

AMOUNT_DIGITS = 12


class OfPlayer(NarrowedBy):
    title = "player"
    parameter_name = "player_id"


class OfEstablishment(NarrowedBy):
    title = "establishment"
    parameter_name = "establishment_id"
    as_key = staticmethod(as_uuid)


class OfProduct(NarrowedBy):
    title = "product"
    parameter_name = "product_id"
    as_key = staticmethod(as_uuid)


class OfItem(NarrowedBy):
    title = "item"
    parameter_name = "item_id"


class OfOrder(NarrowedBy):
    title = "order"
    parameter_name = "order_id"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to fill in; with `options`, to choose."""

    name: str
    label: str
    value: str
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()


class FilledIn(admin.ListFilter):
    """A filter with a form of its own, which keeps the other filters as they are.

    What cannot be read as what was asked for matches nothing.
    """

    template = "admin/filter_filled_in.html"
    parameter_names: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, Any],
        model: type[models.Model],
        model_admin: admin.ModelAdmin,
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.parameter_names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1].strip()

    def expected_parameters(self) -> list[str | None]:
        return list(self.parameter_names)

    def has_output(self) -> bool:
        return True

    def value(self, name: str) -> str:
        return str(self.used_parameters.get(name, ""))

    def inputs(self) -> list[Input]:
        raise NotImplementedError

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        others = {
            name: value
            for name, value in changelist.params.items()
            if name not in self.parameter_names and not name.startswith("_")
        }
        cleared = changelist.get_query_string(remove=[*self.parameter_names])
        is_used = any(self.used_parameters.values())
        yield {"inputs": self.inputs(), "others": others, "cleared": cleared if is_used else ""}


class Between(FilledIn):
    """A column from … to, both included; either may be left open."""

    column: ClassVar[str]
    kind: ClassVar[str] = "text"

    def inputs(self) -> list[Input]:
        labels = ("From", "To")
        return [
            Input(name, label, self.value(name), self.kind)
            for name, label in zip(self.parameter_names, labels, strict=True)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        low, high = (self.value(name) for name in self.parameter_names)
        try:
            return queryset.filter(**self.bounds(low, high))
        except (ValueError, InvalidOperation, OverflowError):
            said = f"What was filled in for {self.title} cannot be read, so nothing matches."
            messages.warning(request, said)
            return queryset.none()

    def bounds(self, low: str, high: str) -> dict[str, Any]:
        """The lookups; raises ValueError where what was typed is none of its kind."""
        raise NotImplementedError


class BetweenDays(Between):
    """Days in UTC."""

    kind = "date"

    def bounds(self, low: str, high: str) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if low:
            given[f"{self.column}__gte"] = beginning_of(date.fromisoformat(low))
        if high:
            next_day = date.fromisoformat(high) + timedelta(days=1)
            given[f"{self.column}__lt"] = beginning_of(next_day)
        return given


class BetweenAmounts(Between):
    def bounds(self, low: str, high: str) -> dict[str, Any]:
        given = {f"{self.column}__gte": low, f"{self.column}__lte": high}
        return {lookup: amount_of(text) for lookup, text in given.items() if text}


def beginning_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def amount_of(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite() or amount.adjusted() > AMOUNT_DIGITS:
        raise ValueError(text)
    return amount
