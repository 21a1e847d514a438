"""What staff may do with exports, and what their pages say."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import Export
from orders.services import run_exports as running
from orders.services.run_exports import run_exports
from tests.orders.exporting import an_export, made, rows_of
from tests.orders.selling import a_sale
from tests.staff import said, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_files")]
LIST = "/admin/orders/export/"
FORM = f"{LIST}add/?form=11111111-2222-4333-8444-555555555555"


@pytest.fixture
def supervisor():
    return staff("view", "orders.add_export")


@pytest.fixture
def auditor():
    return staff("view")


def page(export, name="orders_export_change"):
    return reverse(f"admin:{name}", args=[export.pk])


def failed(monkeypatch):
    a_sale()
    export = an_export()
    with monkeypatch.context() as patch:
        patch.setattr(running, "TRIES", 1)
        patch.setattr(running, "read_lines", lambda *_, **__: 1 / 0)
        return made(export)


def test_export_is_requested_once_however_often_the_form_is_sent(supervisor):
    sale = a_sale()
    form = {
        "file_format": "excel",
        "establishment": str(sale.establishment_id),
        "status": "pending",
        "start": "2026-01-01",
        "end": "2099-06-02",
        "columns": ["totalAmount", "id"],
    }

    answers = [supervisor.post(FORM, form) for _ in range(2)]

    export = Export.objects.get()
    assert [answer["Location"] for answer in answers] == [page(export)] * 2
    assert (export.by, export.owner) == (f"staff:{supervisor.member.pk}", supervisor.member)
    assert (export.file_format, export.status) == ("excel", "pending")
    assert (str(export.start_date), str(export.end_date)) == ("2026-01-01", "2099-06-02")
    assert export.establishment == sale.establishment
    assert export.columns == ["totalAmount", "id"]


def test_export_says_who_asked_for_it_and_of_which_orders(supervisor):
    supervisor.post(FORM, {"file_format": "csv", "status": "pending", "columns": ["id"]})
    export = Export.objects.get()

    listed = supervisor.get("/admin/orders/export/").content.decode()
    told = supervisor.get(page(export)).content.decode()

    for shown in (listed, told):
        assert f"staff {supervisor.member}" in shown
        assert export.by not in shown
    assert "All that are not ended" in told


def test_what_cannot_be_exported_is_said_on_the_form(supervisor):
    form = {"file_format": "csv", "start": "2026-06-03", "end": "2026-06-02", "columns": ["id"]}

    answer = supervisor.post(FORM, form)

    assert b"The first day is after the last" in answer.content
    assert not Export.objects.exists()


def test_page_loads_itself_again_until_it_is_over(supervisor):
    a_sale()
    export = an_export()

    waiting = supervisor.get(page(export))
    run_exports()
    ready = supervisor.get(page(export))

    assert waiting["Refresh"] == "2"
    assert "Refresh" not in ready
    assert b"It is being made." in waiting.content
    assert b"/exports?link=" in ready.content


def test_size_is_shown_in_words_and_the_link_with_its_end(supervisor):
    export = made(an_export())

    shown = supervisor.get(page(export)).content.decode()

    assert export.size == 47
    assert "47\xa0bytes" in shown
    assert "(until " in shown


def test_file_is_fetched(supervisor):
    sale = a_sale()
    export = an_export(columns=["id"])

    early = supervisor.get(page(export, "download_export"), follow=True)
    run_exports()
    answer = supervisor.get(page(export, "download_export"))

    assert said(early) == ["The export is at 0 per cent."]
    assert rows_of(b"".join(answer.streaming_content)) == [["id"], [sale.code]]


def test_failed_one_is_tried_again_by_a_post(supervisor, monkeypatch):
    export = failed(monkeypatch)

    supervisor.get(page(export, "retry_export"))
    assert Export.objects.get().state == "failed"
    supervisor.post(page(export, "retry_export"))

    assert made(export).state == "ready"
    again = supervisor.post(page(export, "retry_export"), follow=True)
    assert said(again) == ["Only an export that failed is tried again."]


def test_auditor_sees_and_does_nothing(auditor, monkeypatch):
    export = failed(monkeypatch)
    shown = auditor.get(page(export))

    assert shown.status_code == auditor.get(LIST).status_code == 200
    assert b"Try again" not in shown.content
    for path in (FORM, page(export, "retry_export"), page(export, "download_export")):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path).status_code == 403
    assert Export.objects.get().state == "failed"


def test_auditor_is_given_no_link(auditor):
    a_sale()
    export = made(an_export())

    assert b"/exports?link=" not in auditor.get(page(export)).content


def test_list_asks_as_often_for_three_as_for_one(supervisor):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            supervisor.get(LIST)
        return len(captured)

    sale = a_sale()
    an_export(establishment_id=sale.establishment_id)
    supervisor.get(LIST)
    one = queries()
    for _ in range(2):
        an_export(establishment_id=a_sale().establishment_id)

    assert queries() == one
