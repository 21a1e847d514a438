import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from orders.models import Export
from orders.services.remove_export_files import expire_exports
from orders.services.run_exports import run_exports
from players.models import ApiKey
from players.services.issue_api_key import issue_api_key
from players.tokens import issue_player_token
from tests.orders.api.sales.calls import Api, refusal
from tests.orders.exporting import made, rows_of, sheets_of
from tests.orders.selling import a_customer, a_sale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_files")]
PATH = "/api/orders/export"
SEED = {
    "format": "csv",
    "filters": {"status": "completed", "startDate": "2026-01-01", "endDate": "2026-06-02"},
    "columns": ["id", "customerId", "status", "totalAmount", "createdAt"],
}
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def large(settings):
    """One order is many."""
    settings.EXPORT_INLINE_ROWS = 0


def said(answer):
    return refusal(answer)[:2]


def content(answer):
    return b"".join(answer.streaming_content)


def queued(api, **body):
    answer = api.post(PATH, {"format": "csv", **body})
    assert answer.status_code == 202
    return Export.objects.get(pk=answer.json()["exportId"])


def test_example_of_the_document_is_answered_with_a_file(api):
    answer = api.post(PATH, SEED)

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer["Content-Disposition"] == (
        'attachment; filename="orders_2026-01-01_2026-06-02.csv"'
    )
    assert content(answer) == (b"\xef\xbb\xbfid,customerId,status,totalAmount,createdAt\r\n")
    assert not Export.objects.exists()


@pytest.mark.parametrize("word", ["excel", "xlsx"])
def test_few_orders_are_a_workbook_at_once(api, customer, offer, word):
    order = a_sale(offer, customer=customer)

    answer = api.post(PATH, {"format": word, "columns": ["id", "totalAmount"]})

    assert (answer.status_code, answer["Content-Type"]) == (200, EXCEL)
    assert answer["Content-Disposition"] == 'attachment; filename="orders.xlsx"'
    assert sheets_of(content(answer)) == [[["id", "totalAmount"], [order.code, 99.99]]]


@pytest.mark.parametrize(
    ("days", "name"),
    [
        ({"startDate": "2026-01-01"}, "orders_from_2026-01-01.csv"),
        ({"endDate": "2026-06-02"}, "orders_until_2026-06-02.csv"),
        ({"status": None, "startDate": None, "endDate": None}, "orders.csv"),
        (None, "orders.csv"),
    ],
)
def test_what_is_not_given_does_not_narrow(api, customer, days, name):
    a_sale(customer=customer)

    answer = api.post(PATH, {"format": "csv", "filters": days, "columns": None})

    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_many_orders_are_made_by_a_worker(api, customer, offer, large, settings):
    order = a_sale(offer, customer=customer)

    answer = api.post(PATH, {"format": "csv", "columns": ["id"]})

    export = Export.objects.get()
    here = f"{settings.PUBLIC_URL}{PATH}/{export.pk}"
    assert answer.status_code == 202
    assert answer.json() == {
        "exportId": str(export.pk),
        "status": "queued",
        "statusUrl": here,
        "downloadUrl": f"{here}/download",
    }
    assert (export.by, export.establishment_id) == (api.name, customer.establishment_id)
    waiting = api.get(f"{PATH}/{export.pk}/download")
    assert said(waiting) == (409, "EXPORT_NOT_READY")
    assert waiting["Retry-After"] == "1"
    made(export)
    ready = api.get(f"{PATH}/{export.pk}/download")
    assert (ready.status_code, ready["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert ready["Content-Disposition"] == 'attachment; filename="orders.csv"'
    data = content(ready)
    assert rows_of(data) == [["id"], [order.code]]
    assert ready["Content-Length"] == str(len(data))


def test_status_of_an_export_is_told_from_the_first_to_the_last(api, customer, large, settings):
    a_sale(customer=customer)
    with time_machine.travel("2027-01-02T10:00:00Z", tick=False):
        a_sale(customer=customer)
        export = queued(api)
        before = api.get(f"{PATH}/{export.pk}").json()
        export = made(export)
        after = api.get(f"{PATH}/{export.pk}").json()

    here = f"{settings.PUBLIC_URL}{PATH}/{export.pk}"
    told = {
        "exportId": str(export.pk),
        "status": "queued",
        "statusUrl": here,
        "downloadUrl": f"{here}/download",
        "format": "csv",
        "progress": 0,
        "rowCount": 0,
        "size": None,
        "sha256": None,
        "createdAt": "2027-01-02T10:00:00Z",
        "finishedAt": None,
        "fileUrl": None,
        "fileUrlExpiresAt": None,
    }
    assert before == told
    assert after == {
        **told,
        "status": "ready",
        "progress": 100,
        "rowCount": 2,
        "size": export.size,
        "sha256": export.sha256,
        "finishedAt": "2027-01-02T10:00:00Z",
        "fileUrl": after["fileUrl"],
        "fileUrlExpiresAt": "2027-01-02T11:00:00Z",
    }
    assert after["fileUrl"].startswith(f"{settings.PUBLIC_URL}/exports?link=")


def test_link_opens_the_file_without_a_key_until_it_expires(api, client, customer, large, settings):
    order = a_sale(customer=customer)
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        export = made(queued(api, columns=["id"]))
        link = api.get(f"{PATH}/{export.pk}").json()["fileUrl"]
    link = link.removeprefix(settings.PUBLIC_URL)

    with time_machine.travel(now + timedelta(minutes=59), tick=False):
        opened = client.get(link)
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        expired = client.get(link)

    assert rows_of(content(opened)) == [["id"], [order.code]]
    assert opened["Cache-Control"] == "no-store"
    forged = [client.get(path) for path in (link[:-1] + "!", "/exports", "/exports?link=a:b:c")]
    answers = {(each.status_code, each.content) for each in (expired, *forged)}
    assert len(answers) == 1
    assert expired.status_code == 404
    assert client.post(link).status_code == 405


def test_export_that_was_removed_is_not_found(api, client, customer, large, export_files, settings):
    a_sale(customer=customer)
    export = made(queued(api))
    link = api.get(f"{PATH}/{export.pk}").json()["fileUrl"].removeprefix(settings.PUBLIC_URL)
    Export.objects.filter(pk=export.pk).update(
        finished_at=timezone.now() - settings.EXPORT_KEPT_FOR
    )

    assert expire_exports(10) == 1

    assert not any(export_files.iterdir())
    assert said(api.get(f"{PATH}/{export.pk}/download")) == (404, "NOT_FOUND")
    assert client.get(link).status_code == 404
    told = api.get(f"{PATH}/{export.pk}").json()
    assert (told["status"], told["fileUrl"]) == ("expired", None)
    assert expire_exports(10) == 0


def test_export_of_another_establishment_is_not_found(api, as_key, customer, large):
    a_sale(customer=customer)
    export = queued(api)
    stranger = as_key("orders:*", of=a_customer().establishment)
    platform = as_key("orders:*", of=None)

    for path in (f"{PATH}/{export.pk}", f"{PATH}/{export.pk}/download", f"{PATH}/{uuid.uuid4()}"):
        assert said(stranger.get(path)) == (404, "NOT_FOUND")
    assert said(api.get(f"{PATH}/none")) == (404, "NOT_FOUND")
    assert platform.get(f"{PATH}/{export.pk}").status_code == 200


def test_key_exports_the_orders_of_its_establishment(api, as_key, customer):
    mine, other = a_sale(customer=customer), a_sale()
    body = {"format": "csv", "columns": ["id"]}

    own = rows_of(content(api.post(PATH, body)))
    all_of_them = rows_of(content(as_key("orders:export", of=None).post(PATH, body)))

    assert own == [["id"], [mine.code]]
    assert all_of_them == [["id"], [mine.code], [other.code]]


def test_export_asked_for_twice_under_one_key_is_one(api, customer, large):
    a_sale(customer=customer)
    key = {"Idempotency-Key": "once"}

    first = api.post(PATH, {"format": "csv"}, **key)
    second = api.post(PATH, {"format": "csv"}, **key)

    assert first.json() == second.json()
    assert Export.objects.count() == 1
    assert said(api.post(PATH, {"format": "excel"}, **key)) == (409, "CONFLICT")


def test_key_waits_with_its_next_export_until_one_is_made(api, as_key, customer, large, settings):
    settings.EXPORTS_PER_KEY = 2
    a_sale(customer=customer)
    made(queued(api))
    body, next_one = {"format": "csv"}, {"Idempotency-Key": "next"}
    first = api.post(PATH, body, **{"Idempotency-Key": "first"})
    queued(api)

    refused = api.post(PATH, body, **next_one)

    said = "2 exports of yours are not made yet: ask again later"
    assert refusal(refused) == (409, "CONFLICT", said)
    assert refused["Retry-After"] == "1"
    assert Export.objects.filter(state="queued").count() == 2
    again = api.post(PATH, body, **{"Idempotency-Key": "first"})
    assert (again.status_code, again.json()) == (202, first.json())
    assert as_key("orders:export").post(PATH, body).status_code == 202
    run_exports()
    assert api.post(PATH, body, **next_one).status_code == 202


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "INVALID_REQUEST"),
        ({"format": "pdf"}, "INVALID_REQUEST"),
        ({"format": None}, "INVALID_REQUEST"),
        ({"format": "csv", "columns": ["id", "password"]}, "INVALID_REQUEST"),
        ({"format": "csv", "columns": ["id", "id"]}, "INVALID_REQUEST"),
        ({"format": "csv", "columns": ["id"] * 11}, "INVALID_REQUEST"),
        ({"format": "csv", "columns": [1]}, "INVALID_REQUEST"),
        ({"format": "csv", "columns": "id"}, "INVALID_REQUEST"),
        ({"format": "csv", "filters": []}, "INVALID_REQUEST"),
        ({"format": "csv", "filters": {"startDate": "2026-02-30"}}, "INVALID_REQUEST"),
        ({"format": "csv", "filters": {"startDate": 20260101}}, "INVALID_REQUEST"),
        ({"format": "csv", "filters": {"endDate": "\0"}}, "INVALID_REQUEST"),
        (
            {"format": "csv", "filters": {"startDate": "2026-06-03", "endDate": "2026-06-02"}},
            "INVALID_REQUEST",
        ),
        ({"format": "csv", "filters": {"startdate": "2026-01-01"}}, "INVALID_REQUEST"),
        ({"format": "csv", "filter": {"status": "completed"}}, "INVALID_REQUEST"),
        ({"format": "csv", "filters": {"status": " "}}, "INVALID_REQUEST"),
        ({"format": "csv", "filters": {"status": "reserved"}}, "INVALID_STATUS"),
        ({"format": "csv", "filters": {"status": "' OR 1=1"}}, "INVALID_STATUS"),
    ],
)
def test_what_cannot_be_exported_is_refused(api, large, body, word):
    assert said(api.post(PATH, body)) == (400, word)
    assert not Export.objects.exists()


def test_bounds_of_the_calendar_are_dates_like_others(api):
    days = {"startDate": "0001-01-01", "endDate": "9999-12-31"}

    assert api.post(PATH, {"format": "csv", "filters": days}).status_code == 200


@pytest.mark.parametrize("method", ["get", "put"])
def test_other_methods_are_refused(api, method):
    assert said(getattr(api, method)(PATH)) in (
        (404, "ORDER_NOT_FOUND"),
        (405, "METHOD_NOT_ALLOWED"),
    )


@pytest.fixture
def iframe_key(customer):
    """One that has scopes which it cannot have."""
    _, text = issue_api_key(
        name="frame",
        scopes=["orders:create"],
        establishment=customer.establishment,
        player=customer,
    )
    ApiKey.objects.filter(player=customer).update(scopes=["orders:*"])
    return Api(f"Bearer {text}")


@pytest.mark.parametrize("path", [PATH, f"{PATH}/{{}}", f"{PATH}/{{}}/download"])
def test_only_keys_that_may_export_do(as_key, api, customer, iframe_key, large, path):
    a_sale(customer=customer)
    export = made(queued(api))
    path = path.format(export.pk)
    token = issue_player_token(customer, ["orders:*"], now=timezone.now())
    others = as_key("orders:read", "orders:create", "inv:*")

    def asked(by):
        answer = by.post(path, {"format": "csv"}) if path == PATH else by.get(path)
        if answer.streaming:
            content(answer)  # to its end, where the client closes the file
        return answer

    assert said(asked(Api())) == (401, "UNAUTHORIZED")
    assert said(asked(Api("Bearer tpp_none"))) == (401, "UNAUTHORIZED")
    for may_not in (Api(f"Bearer {token}"), iframe_key, others):
        assert said(asked(may_not)) == (403, "FORBIDDEN")
    assert Export.objects.count() == 1
    assert asked(as_key("orders:export")).status_code in {200, 202}
    assert asked(as_key("orders:export", of=None)).status_code in {200, 202}
