import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing"])
def test_an_unknown_page_is_a_plain_404(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert b"There is no such page" in answer.content


def test_a_form_of_an_old_login_is_refused_by_a_page_of_ours():
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "ada"})

    assert answer.status_code == 403
    assert b"You have logged in again since you opened the page" in answer.content


def test_the_root_leads_to_the_admin(client):
    answer = client.get("/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_the_api_docs_load_nothing_from_elsewhere(client):
    page = client.get("/api/docs/").content

    assert b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in page
    assert b"https://" not in page
