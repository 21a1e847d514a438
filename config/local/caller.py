"""Asking the web server over HTTP, as the demo's game server and player do."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from config.local import Trouble
from config.local.ports import LOOPBACK

PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Caller:
    port: int
    token: str

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, Any, Any]:
        """Send one request and return the status, the body and the headers of the answer."""
        connection = HTTPConnection(LOOPBACK, self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {
                    "Authorization": f"Bearer {self.token}",
                    "Content-Type": "application/json",
                    **headers,
                },
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers
        finally:
            connection.close()

    def must(self, expected: int, *request: Any, **headers: str) -> Any:
        status, body, answered = self.ask(*request, **headers)
        if status != expected:
            raise Trouble(
                f"{request[0]} {request[1]} answered {status} instead of {expected}: {body}"
            )
        return body, answered
