import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from orders.models import Export, ExportPart, Order
from orders.services import read_export as reading
from orders.services import run_exports as running
from orders.services import stream_export as streaming
from orders.services.read_export import Lines
from orders.services.retry_export import retry_export
from orders.services.run_exports import run_exports
from orders.services.stream_export import stream_export
from tests.factories import OfferFactory
from tests.orders.exporting import (
    an_export,
    bytes_of,
    made,
    rows_of,
    sheets_of,
    stored,
)
from tests.orders.selling import a_customer, a_sale

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_files")]
ALL = ["id", "customerId", "status", "totalAmount", "createdAt", "updatedAt", "paymentMethod"]
ALL += ["paymentStatus", "itemCount", "items"]


def test_export_is_a_file_with_its_rows_and_its_checksum(export_files):
    with time_machine.travel(datetime(2026, 6, 2, 10, 30, 0, 900_000, tzinfo=UTC), tick=False):
        order = a_sale(customer=a_customer(customer_code="cust_1"))

    export = made(an_export())

    data = bytes_of(export)
    assert data == (
        b"\xef\xbb\xbfid,customerId,status,totalAmount,createdAt\r\n"
        + f"{order.code},cust_1,pending_payment,99.99,2026-06-02T10:30:00Z\r\n".encode()
    )
    assert (export.state, export.rows, export.percent) == ("ready", 1, 100)
    assert (export.size, export.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (export.due_at, export.error, export.tries) == (None, "", 0)
    assert stored(export_files) == ["1.csv"]
    assert not ExportPart.objects.exists()


def test_workbook_has_numbers_times_and_texts():
    with time_machine.travel(datetime(2026, 6, 2, 10, 30, 0, 900_000, tzinfo=UTC), tick=False):
        order = a_sale(customer=a_customer(customer_code="cust_1"), quantity=2)
        line = order.lines.get()

    export = made(an_export("excel", columns=ALL))

    moment = datetime(2026, 6, 2, 10, 30)  # noqa: DTZ001 - Excel knows no time zones
    item = (
        f'{{"id" : "{line.code}", "offerId" : "{line.offer_id}", "quantity" : 2,'
        ' "price" : 99.99, "status" : "pending"}'
    )
    assert sheets_of(bytes_of(export)) == [
        [
            ALL,
            [
                *(order.code, "cust_1", "pending_payment", 199.98, moment, moment),
                *("credit_card", "pending", 1, f"[{item}]"),
            ],
        ]
    ]


def test_order_columns_are_as_requested():
    order = a_sale()

    export = made(an_export(columns=["totalAmount", "itemCount", "id"]))

    assert rows_of(bytes_of(export)) == [
        ["totalAmount", "itemCount", "id"],
        ["99.99", "1", order.code],
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ('=HYPERLINK("http://x","y")', """'=HYPERLINK("http://x","y")"""),
        ("a=1", "a=1"),
        ('a "b", c', 'a "b", c'),
        ("two\r\nlines", "two\r\nlines"),
        ("<&>", "<&>"),
        ("_x0041_", "_x0041_"),
        (" kept ", " kept "),
        ("Ж😀\\n", "Ж😀\\n"),
    ],
)
def test_text_comes_out_as_it_was_but_never_as_a_formula(text, shown):
    Order.objects.filter(pk=a_sale().pk).update(payment_method=text)

    plain = made(an_export(columns=["paymentMethod"]))
    book = made(an_export("excel", columns=["paymentMethod"]))

    assert rows_of(bytes_of(plain)) == [["paymentMethod"], [shown]]
    [[_, [cell]]] = sheets_of(bytes_of(book))
    # openpyxl leaves Excel's own escapes as they are.
    assert cell.replace("_x005F_", "_") == shown.replace(
        "\r\n", "\n" if "\r" not in cell else "\r\n"
    )


def test_controls_that_xml_does_not_bear_are_left_out():
    Order.objects.filter(pk=a_sale().pk).update(payment_method="a\x0b\x01\x1fb\uffff")

    export = made(an_export("excel", columns=["paymentMethod"]))

    assert sheets_of(bytes_of(export)) == [[["paymentMethod"], ["ab"]]]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [0, 1, 2, 3]),
        ({"status": "pending"}, [0, 1]),
        ({"status": "pending_payment"}, [0]),
        ({"status": "completed"}, [2]),
        ({"status": "refunded"}, []),
        ({"start": datetime(2026, 6, 2, tzinfo=UTC).date()}, [1, 2, 3]),
        ({"end": datetime(2026, 6, 2, tzinfo=UTC).date()}, [0, 1, 2]),
        (
            {
                "start": datetime(2026, 6, 2, tzinfo=UTC).date(),
                "end": datetime(2026, 6, 2, tzinfo=UTC).date(),
                "status": "completed",
            },
            [2],
        ),
    ],
)
def test_filter_chooses_orders_with_both_days(filters, found):
    times = [(1, 23, 59, 59), (2, 0, 0, 0), (2, 23, 59, 59), (3, 0, 0, 0)]
    statuses = ["pending_payment", "processing", "completed", "cancelled"]
    orders = []
    for (day, hour, minute, second), status in zip(times, statuses, strict=True):
        order = a_sale()
        moment = datetime(2026, 6, day, hour, minute, second, tzinfo=UTC)
        ended = {"cancelled_at": moment} if status == "cancelled" else {}
        Order.objects.filter(pk=order.pk).update(
            status=status,
            display_status={"pending_payment": "awaiting_payment"}.get(status, status),
            created_at=moment,
            expires_at=None,
            **ended,
        )
        orders.append(order.code)

    export = made(an_export(columns=["id"], **filters))

    assert rows_of(bytes_of(export)) == [["id"], *[[orders[at]] for at in found]]


@pytest.mark.parametrize("file_format", ["csv", "excel"])
def test_export_of_nothing_has_its_header(file_format):
    export = made(an_export(file_format, columns=["id"]))

    rows = rows_of if file_format == "csv" else lambda data: sheets_of(data)[0]
    assert (export.state, export.rows) == ("ready", 0)
    assert rows(bytes_of(export)) == [["id"]]


def test_orders_of_others_and_later_ones_are_not_in_it():
    mine = a_sale()
    a_sale()
    export = an_export(establishment_id=mine.establishment_id, columns=["id"])
    a_sale(customer=mine.player)

    assert rows_of(bytes_of(made(export))) == [["id"], [mine.code]]


@pytest.mark.parametrize("file_format", ["csv", "excel"])
def test_many_parts_make_the_file_that_one_would(monkeypatch, file_format):
    for _ in range(7):
        a_sale()
    columns = ["id", "totalAmount", "createdAt"]
    whole = made(an_export(file_format, columns=columns))

    monkeypatch.setattr(running, "PART_ROWS", 2)
    parted = made(an_export(file_format, columns=columns))

    assert parted.rows == 7
    read = rows_of if file_format == "csv" else sheets_of
    assert read(bytes_of(parted)) == read(bytes_of(whole))
    assert read(b"".join(stream_export(parted))) == read(bytes_of(whole))


@pytest.mark.parametrize("file_format", ["csv", "excel"])
def test_part_of_wide_rows_has_fewer_of_them(monkeypatch, file_format):
    offers = OfferFactory.create_batch(5)
    for _ in range(7):
        a_sale(*offers)
    monkeypatch.setattr(reading, "WIDE_ROWS", 2)
    whole = made(an_export(file_format, columns=["id", "items"]))
    monkeypatch.setattr(reading, "PART_BYTES", 2_000)
    parts, save = [], running._advance

    def advance(export, lines):
        parts.append((lines.rows, len(lines.text)))
        save(export, lines)

    monkeypatch.setattr(running, "_advance", advance)

    parted = made(an_export(file_format, columns=["id", "items"]))

    assert [rows for rows, _ in parts] == [4, 3]
    assert all(size < 2 * 2_000 for _, size in parts)
    read = rows_of if file_format == "csv" else sheets_of
    assert read(bytes_of(parted)) == read(bytes_of(whole))
    assert read(b"".join(stream_export(parted))) == read(bytes_of(whole))


def test_workbook_at_once_holds_one_part_that_is_not_deflated(monkeypatch):
    for _ in range(3):
        a_sale()
    monkeypatch.setattr(streaming, "PART_ROWS", 1)
    done = []

    def noting(name):
        original = getattr(streaming, name)

        def noted(*args, **kwargs):
            done.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(streaming, name, noted)

    noting("read_lines")
    noting("deflated")

    list(stream_export(an_export("excel", columns=["id"])))

    assert done == ["deflated", *["read_lines", "deflated"] * 3]


def test_narrow_rows_are_read_with_one_question(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(reading, "WIDE_ROWS", 1)
    codes = [[a_sale().code] for _ in range(3)]
    export = an_export(columns=["id"])

    with django_assert_num_queries(2):
        data = b"".join(stream_export(export))

    assert rows_of(data) == [["id"], *codes]


def test_sheet_that_is_full_is_followed_by_another(monkeypatch):
    monkeypatch.setattr(running, "SHEET_ROWS", 4)
    monkeypatch.setattr(running, "PART_ROWS", 2)
    codes = [[a_sale().code] for _ in range(7)]

    export = made(an_export("excel", columns=["id"]))

    head = [["id"]]
    assert sheets_of(bytes_of(export)) == [head + codes[:3], head + codes[3:6], head + codes[6:]]


def test_sheet_of_too_many_bytes_is_followed_by_another(monkeypatch):
    monkeypatch.setattr(running, "SHEET_BYTES", 1)
    monkeypatch.setattr(running, "PART_ROWS", 1)
    codes = [[a_sale().code] for _ in range(2)]

    export = made(an_export("excel", columns=["id"]))

    assert sheets_of(bytes_of(export)) == [[["id"], code] for code in codes]


def fail_at(monkeypatch, number, error):
    read, calls = running.read_lines, []

    def read_or_fail(*args, **kwargs):
        calls.append(kwargs["after"])
        if len(calls) == number:
            raise error
        return read(*args, **kwargs)

    monkeypatch.setattr(running, "read_lines", read_or_fail)
    return calls


def test_interrupted_export_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(running, "PART_ROWS", 2)
    codes = [[a_sale().code] for _ in range(5)]
    pending = an_export(columns=["id"])
    calls = fail_at(monkeypatch, 2, ConnectionError("gone"))

    export = made(pending)

    assert (export.state, export.rows, export.error) == ("queued", 2, "ConnectionError: gone")
    assert export.due_at > timezone.now()
    with time_machine.travel(export.due_at, tick=False):
        export = made(pending)
    assert (export.state, export.rows, export.attempts, export.error) == ("ready", 5, 2, "")
    assert rows_of(bytes_of(export)) == [["id"], *codes]
    assert len(calls) == len(set(calls)) + 1  # only the part that failed was read again


def test_export_that_fails_again_and_again_can_be_tried_by_hand(monkeypatch, export_files):
    monkeypatch.setattr(running, "PART_ROWS", 1)
    codes = [[a_sale().code] for _ in range(2)]
    pending = an_export(columns=["id"])
    with monkeypatch.context() as patch:
        first = [pending.requested_at]

        def broken(export, *, after, limit, numbered_from):
            if first:
                first.pop()
                return Lines(f"{codes[0][0]}\r\n".encode(), 1, export.first_order)
            raise OSError("no room\0")

        patch.setattr(running, "read_lines", broken)
        for _ in range(running.TRIES + 1):
            due = Export.objects.get(pk=pending.pk).due_at
            with time_machine.travel(due + timedelta(seconds=1), tick=False):
                export = made(pending)

    assert (export.state, export.error, export.due_at) == ("failed", "OSError: no room�", None)
    assert (export.rows, stored(export_files)) == (1, ["1-1.part"])
    assert run_exports() == 0
    retry_export(export)
    export = made(pending)
    assert (export.state, export.rows) == ("ready", 2)
    assert rows_of(bytes_of(export)) == [["id"], *codes]


def test_export_that_kills_its_workers_is_given_up():
    a_sale()
    pending = an_export()
    for turn in range(running.TRIES):
        with time_machine.travel(timezone.now() + (turn + 1) * 2 * running.LEASE, tick=False):
            running._claim()

    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        export = made(pending)

    assert export.state == "failed"
    assert export.error == "5 workers ended without getting any further."


@pytest.mark.parametrize("harm", ["lose", "shorten"])
def test_what_is_lost_of_it_is_made_anew(monkeypatch, export_files, harm):
    monkeypatch.setattr(running, "PART_ROWS", 1)
    codes = [[a_sale().code] for _ in range(2)]
    pending = an_export(columns=["id"])
    running._settle(claimed := running._claim())
    running._store_part(claimed)
    [part] = export_files.rglob("*.part")
    part.unlink() if harm == "lose" else part.write_bytes(b"")
    running._give_way(claimed)

    export = made(pending)

    assert (export.state, export.rows, export.reached) == ("queued", 0, None)
    with time_machine.travel(export.due_at, tick=False):
        export = made(pending)
    assert (export.state, export.rows) == ("ready", 2)
    assert rows_of(bytes_of(export)) == [["id"], *codes]


def test_long_export_gives_way_to_others(monkeypatch):
    monkeypatch.setattr(running, "TURN_SECONDS", -1)
    a_sale()
    first, second = an_export(), an_export()

    run_exports()

    assert Export.objects.get(pk=first.pk).state == "queued"
    assert running._claim() == second


def test_progress_is_by_orders_passed(monkeypatch):
    monkeypatch.setattr(running, "PART_ROWS", 1)
    for _ in range(4):
        a_sale()
    pending = an_export()
    claimed = running._claim()
    shown = [claimed.percent]
    running._settle(claimed)
    for _ in range(4):
        running._store_part(claimed)
        shown.append(claimed.percent)

    assert shown == [0, 25, 50, 75, 99]
    assert made(pending).state == "running"


def test_reading_asks_one_question_for_each_part(monkeypatch, django_assert_num_queries):
    for _ in range(3):
        a_sale()
    export = an_export(columns=ALL)

    with django_assert_num_queries(2):
        list(stream_export(export))


def test_total_is_exact():
    order = a_sale()
    Order.objects.filter(pk=order.pk).update(total=Decimal("9999999999.99"))

    assert rows_of(bytes_of(made(an_export(columns=["totalAmount"]))))[1] == ["9999999999.99"]


def test_session_time_zone_is_utc():
    with connection.cursor() as cursor:
        cursor.execute("SHOW TimeZone")
        assert cursor.fetchone() == ("UTC",)
