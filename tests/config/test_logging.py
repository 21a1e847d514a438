import pytest
import structlog
from structlog.testing import capture_logs

from config.logging import without_the_clocks_routine


def test_every_answer_carries_the_id_its_log_lines_have(client):
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = client.get("/api/docs/")

    assert answer.status_code == 200
    assert [line["event"] for line in lines] == ["request_started", "request_finished"]
    assert {line["request_id"] for line in lines} == {answer["X-Request-ID"]}


def test_a_request_does_not_choose_its_own_id(client):
    assert client.get("/", headers={"X-Request-ID": "mine"})["X-Request-ID"] != "mine"


def test_probes_are_not_logged(client):
    with capture_logs() as lines:
        client.get("/livez")

    assert lines == []


def test_routine_of_the_clock_is_dropped_and_that_of_a_request_kept():
    published = {"event": "task_started", "request_id": "r"}

    assert without_the_clocks_routine(None, "info", published) == published
    with pytest.raises(structlog.DropEvent):
        without_the_clocks_routine(None, "info", {"event": "task_started"})
    failure = {"event": "task_failed"}
    assert without_the_clocks_routine(None, "info", failure) == failure


def test_what_staff_search_for_is_not_logged(client):
    with capture_logs() as lines:
        client.get("/admin/orders/order/?q=john@example.com")

    assert {line["request"] for line in lines} == {"GET /admin/orders/order/"}
