"""Settings of gunicorn: gunicorn --config config/gunicorn.py config.wsgi."""

import atexit
import os
import shutil
import tempfile
from typing import Any

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# Imported once, before the processes part: they start sooner and share its memory.
preload_app = True
control_socket_disable = True
# As long as it can be: a filter of 4,000 characters, up to half of them encoded, stands in it.
limit_request_line = 8190
# Each request is logged by the application, under its id.
accesslog = None

# The processes add up their metrics in files here; any of them answers /metrics for all.
metrics_folder = tempfile.mkdtemp(prefix="quartermaster-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics_folder


def remove_metrics(owner: int = os.getpid()) -> None:
    """At the end of the first process, also where the application would not start."""
    if os.getpid() == owner:
        shutil.rmtree(metrics_folder, ignore_errors=True)


atexit.register(remove_metrics)


def child_exit(_server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess  # noqa: PLC0415 - it looks for the folder at once

    multiprocess.mark_process_dead(worker.pid)
