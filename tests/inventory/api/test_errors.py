"""What is not there, not offered, or broken, is said in this dialect too."""

import re

import pytest
from django.test import Client

from inventory.api.views import orders

ME = "/inventory/v2/player/me/order"


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
@pytest.mark.parametrize(
    "path",
    [
        "/inventory/",
        "/inventory/v1",
        "/inventory/v3/player/me/order",
        "/inventory/v2/order",
        "/inventory/v1/player/me",
        "/inventory/v1/player/me/order/",
        "/inventory/v1/player/me/order/a/b",
        "/inventory/v1/player//order",
        "/inventory/v1/player/me/order/%2F",
        "/inventory/v1/player/me/sessions",
        "/inventory/v1/catalog",
        "/inventory/v2/catalog/item",
        "/inventory/v1/catalog/promotion",
        "/inventory/v1/catalog/sku",
        "/inventory/v1/catalog/item/1/odds",
    ],
)
def test_path_that_is_none_is_not_found(path, method):
    response = getattr(Client(enforce_csrf_checks=True), method)(path)

    assert (response.status_code, response.json()) == (
        404,
        {"auth_success": True, "error_code": "not_found", "desc": "Not Found"},
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", ME, "GET, HEAD, POST"),
        ("PATCH", ME, "GET, HEAD, POST"),
        ("DELETE", f"{ME}/a", "GET, HEAD"),
        ("OPTIONS", ME, "GET, HEAD, POST"),
        ("TRACE", ME, "GET, HEAD, POST"),
        ("BREW", ME, "GET, HEAD, POST"),
        ("POST", f"{ME}/a", "GET, HEAD"),
        ("DELETE", "/inventory/v1/player/me/inventory", "GET, HEAD, POST, PUT"),
        ("GET", "/inventory/v1/player/me/inventory/a", "PUT"),
        ("POST", "/inventory/v1/player/me/inventory/a", "PUT"),
        ("PUT", "/inventory/v1/player/me/session", "GET, HEAD, POST"),
        ("POST", "/inventory/v1/player/me/dynamic-bundle/1", "GET, HEAD"),
        ("POST", "/inventory/v1/catalog/item", "GET, HEAD"),
        ("PUT", "/inventory/v1/catalog/vendor/1", "GET, HEAD"),
        ("POST", "/inventory/v1/catalog/vendor/1/odds", "GET, HEAD"),
        ("GET", "/inventory/v1/order", "POST"),
        ("HEAD", "/inventory/v1/order", "POST"),
    ],
)
def test_method_that_is_not_offered_is_refused(method, path, allowed):
    response = Client().generic(method, path)

    assert (response.status_code, response["Allow"]) == (405, allowed)
    if method != "HEAD":
        assert response.json() == {
            "auth_success": True,
            "error_code": "method_not_allowed",
            "desc": f'Method "{method}" not allowed',
        }


def test_head_answers_as_get_without_the_body(api):
    response = Client().head(ME, headers={"Authorization": f"Bearer {api.credential}"})

    assert (response.status_code, response.content) == (200, b"")


def test_fault_names_the_request_and_nothing_else(api, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(orders, "page_of", fail)

    response = api.get(ME)

    body = response.json()
    assert response.status_code == 500
    assert body == {
        "auth_success": True,
        "error_code": "internal_error",
        "desc": body["desc"],
    }
    assert re.fullmatch(
        r"The request failed\. The log knows it as request [0-9a-f-]{36}\.", body["desc"]
    )
    request_id = body["desc"].split()[-1].rstrip(".")
    [fault] = [record.msg for record in caplog.records if "player_orders_api" in str(record.msg)]
    assert fault["request_id"] == request_id
    assert "RuntimeError: a secret detail" in fault["exception"]


def test_answer_is_json_that_no_cache_keeps(api):
    response = api.get(ME)

    assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "no-store")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", ""])
def test_answer_is_json_whatever_is_accepted(api, accept):
    assert api.get(f"{ME}?format=xml", Accept=accept)["Content-Type"] == "application/json"
