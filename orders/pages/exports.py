"""Where the links of exports lead: the file, to whoever has the link, until it expires."""

from typing import cast

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.errors import Refusal
from orders.export_answers import file_answer
from orders.export_links import export_of_link
from orders.pages.private import private
from orders.services.open_export import find_export

log = structlog.get_logger(__name__)


@private()
@require_safe
def export_page(request: HttpRequest) -> HttpResponse:
    return cast(HttpResponse, _answer(request))  # a file is a stream


def _answer(request: HttpRequest) -> HttpResponseBase:
    try:
        export = find_export(export_of_link(request.GET.get("link", "")))
        answer = file_answer(export)
    except Refusal:
        return render(request, "exports/unknown.html", status=404)
    log.info("export_fetched_by_link", export=str(export.pk))
    return answer
