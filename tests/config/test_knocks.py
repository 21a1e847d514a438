import time

import pytest
from celery import current_app
from structlog.testing import capture_logs

from config.knocks import knock
from orders.gateways import sandbox
from orders.services import steer_bulk_cancellation
from orders.services.knock_for_settling import SETTLE_TASK
from orders.tasks import run_bulk_cancellations, settle_payments, take_notice

TASK = "tests.of_a_knock"


def test_knocks_name_tasks_that_there_are():
    tasks = {settle_payments: SETTLE_TASK, take_notice: sandbox.NOTICE_TASK}
    tasks[run_bulk_cancellations] = steer_bulk_cancellation.TASK

    assert [task.name for task in tasks] == list(tasks.values())


def test_knock_sends_the_task_with_what_it_is_about(monkeypatch):
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_: sent.append((name, args)))

    knock(TASK)
    knock(TASK, "one", "two")

    assert sent == [(TASK, []), (TASK, ["one", "two"])]


@pytest.mark.parametrize("broker", ["closed_port", "silent_port"])
def test_broker_that_is_away_costs_a_moment_and_no_error(request, monkeypatch, broker):
    port = request.getfixturevalue(broker)
    monkeypatch.setitem(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")

    for _ in range(2):
        start = time.monotonic()
        with capture_logs() as logs:
            knock(TASK)

        assert time.monotonic() - start < 3
        assert [(each["event"], each["log_level"], each["task"]) for each in logs] == [
            ("knock_failed", "warning", TASK)
        ]
