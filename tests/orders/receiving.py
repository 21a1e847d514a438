"""A real HTTP server of an establishment, which remembers what it is told."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from orders.models import WebhookEndpoint
from tests.threads import PATIENCE


class Receiver(ThreadingHTTPServer):
    """Answers with `status`, or as `answers(handler)` does; `calls` are paths, headers, bodies."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 200

    def __init__(self, status=200, answers=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = status
        self.answers = answers
        self.calls = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?of=us"

    def handle_error(self, request, client_address):
        """Callers go away in the middle: that is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with server.lock:
            server.calls.append((self.path, self.headers, body))
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            if server.answers is None or not server.answers(self):
                self.answer(server.status)
        finally:
            with server.lock:
                server.at_once -= 1

    def answer(self, status, body=b"heard", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def never(self):
        """Hold the call open until the caller is long gone."""
        self.server.closing.wait(PATIENCE)
        return True

    def log_message(self, *args):
        pass


@contextmanager
def receiver(**kwargs):
    server = Receiver(**kwargs)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def an_endpoint(establishment, url):
    return WebhookEndpoint.objects.create(establishment=establishment, url=url)


def slowly(seconds):
    def answers(handler):
        time.sleep(seconds)

    return answers
