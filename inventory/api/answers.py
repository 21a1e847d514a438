from typing import Any

import orjson
from django.http import HttpResponse


class Answer(HttpResponse):
    """A JSON body, rendered once and at once: what is remembered of a call is what was sent."""

    def __init__(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__(
            orjson.dumps(body),
            content_type="application/json",
            status=status,
            headers={"Cache-Control": "no-store", **(headers or {})},
        )
