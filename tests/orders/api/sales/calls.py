"""A client of the sales API, and what it sends."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass
class Api:
    """A client of the API with one credential, if any; `name` is what the timeline calls it."""

    authorization: str = ""
    name: str = ""

    def send(self, method, path, body: Any = None, content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        given = {"Authorization": self.authorization} if self.authorization else {}
        return Client().generic(
            method, path, data, content_type=content_type, headers={**given, **headers}
        )

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def post(self, path, body: Any = None, **headers):
        return self.send("POST", path, body, **headers)

    def put(self, path, body: Any = None, **headers):
        return self.send("PUT", path, body, **headers)


def refusal(answer):
    """Status, type and message of a refusal, which has the whole envelope and nothing else."""
    said = answer.json()
    error, meta = said.pop("error"), said.pop("meta")
    assert said == {"success": False, "code": answer.status_code}
    assert set(error) == {"type", "message", "details"}
    assert set(meta) == {"timestamp", "requestId"}
    return answer.status_code, error["type"], error["message"]
