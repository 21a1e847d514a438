import os
import runpy
from urllib.parse import quote

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import LimitRequestLine

from config.local.place import CHECKOUT
from orders.odata.parser import MAX_LENGTH, parse_filter


@pytest.fixture
def settings_of_gunicorn(monkeypatch):
    """As the web server reads them; its folder of metrics is not ours."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    found = Config()
    found.set(
        "limit_request_line",
        runpy.run_path(str(CHECKOUT / "config" / "gunicorn.py"))["limit_request_line"],
    )
    return found


def query_read(settings_of_gunicorn, text):
    line = f"GET /api/orders/odata?%24filter={quote(text, safe='')} HTTP/1.1\r\nHost: a\r\n\r\n"
    request = next(RequestParser(settings_of_gunicorn, [line.encode()], ("127.0.0.1", 1)))
    return request.query


def test_longest_filter_is_read(settings_of_gunicorn):
    listed = ",".join(f"'ord_{number:05}'" for number in range(330))
    text = f"id in ({listed})".ljust(MAX_LENGTH)
    parse_filter(text)

    assert query_read(settings_of_gunicorn, text) == f"%24filter={quote(text, safe='')}"


def test_filter_that_is_encoded_throughout_is_too_long(settings_of_gunicorn):
    with pytest.raises(LimitRequestLine):
        query_read(settings_of_gunicorn, "'" * MAX_LENGTH)
