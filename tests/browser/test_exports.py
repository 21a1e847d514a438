"""Staff ask for an export, watch it, and fetch its file."""

import pytest

from orders.models import Export
from orders.services import run_exports as running
from orders.services.run_exports import run_exports
from tests.orders.exporting import rows_of
from tests.orders.selling import a_sale
from tests.staff import staff

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("export_files"),
]


@pytest.fixture
def supervisor_page(window, live_server):
    with window() as page:
        session = staff("view", "orders.add_export").cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        yield page


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_export_is_asked_for_watched_and_fetched(supervisor_page, monkeypatch):
    monkeypatch.setattr(running, "PART_ROWS", 1)
    codes = [[a_sale().code] for _ in range(4)]
    page = supervisor_page

    page.goto("/admin/orders/export/add/")
    assert fits(page)
    for label in ("Customer", "Status", "Total", "Ordered at"):
        page.get_by_label(label, exact=True).uncheck()
    page.get_by_role("button", name="Export", exact=True).dblclick()
    page.wait_for_url("**/change/")
    page.get_by_text("It is being made.").wait_for()
    assert fits(page)

    claimed = running._claim()
    running._settle(claimed)
    running._store_part(claimed)
    page.get_by_text("25 %").first.wait_for()  # the page loads itself again
    bar = page.get_by_role("progressbar").first
    assert bar.get_attribute("aria-valuenow") == "25"
    running._give_way(claimed)
    run_exports()
    page.get_by_role("link", name="Download", exact=True).wait_for()
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).click()

    assert download.value.suggested_filename == "orders.csv"
    assert rows_of(download.value.path().read_bytes()) == [["id"], *codes]
    assert Export.objects.count() == 1


def test_export_that_failed_is_tried_again(supervisor_page, monkeypatch):
    a_sale()
    page = supervisor_page
    page.goto("/admin/orders/export/add/")
    page.get_by_role("button", name="Export", exact=True).click()
    page.wait_for_url("**/change/")
    with monkeypatch.context() as patch:
        patch.setattr(running, "TRIES", 1)
        patch.setattr(running, "read_lines", lambda *_, **__: 1 / 0)
        run_exports()
    page.get_by_text("It has failed.").wait_for()

    page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/change/")
    run_exports()

    page.get_by_role("link", name="Download", exact=True).wait_for()
    page.goto("/admin/orders/export/")
    page.get_by_text("Ready").first.wait_for()
    assert fits(page)
