"""Links between the pages of staff, for those who may open them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from config.admin import page_of
from orders.models import OrderLine


def link(request: HttpRequest, row: Any, text: object = None) -> Any:
    """To the row's page where it may be seen, else its name."""
    meta = row._meta
    if admin.site.is_registered(type(row)) and request.user.has_perm(
        f"{meta.app_label}.view_{meta.model_name}"
    ):
        return page_of(row, text)
    return row if text is None else text


def given_by(request: HttpRequest, line: Any) -> Any:
    if line.player_order is None:
        comes = line.product.loot_id and line.status != OrderLine.Status.CANCELLED
        return "not yet" if comes else "no loot"
    return format_html(
        "{} ({})",
        link(request, line.player_order),
        line.player_order.outcome or "waiting",
    )
