"""Bodies that come in chunks, without a length: Django takes them for empty.

Some HTTP clients of games send nothing else. Such a body is gathered here, before Django sees the
request, and given the length that it turned out to have.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_chunked_bodies(application: Application) -> Application:
    def gathered(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # The server vouches that its stream ends where the body does.
        if environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
            # One byte more than is allowed: enough for Django to refuse it.
            body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return application(environ, start_response)

    return gathered
