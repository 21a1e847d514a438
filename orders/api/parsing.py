"""From the bytes of a request to a JSON object; what is none is a 400."""

from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http.request import UnreadablePostError
from rest_framework.request import Request

from orders.api.refusals import BadRequest


def json_object(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """The body. An optional one that is not sent is an empty object."""
    try:
        body = request.body
    except RequestDataTooBig as error:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raise BadRequest(f"The body should have at most {most} bytes") from error
    except UnreadablePostError as error:
        raise BadRequest("The body could not be read") from error
    if not body and optional:
        return {}
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise BadRequest("Content-Type should be application/json")
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error.msg}") from error
    if not isinstance(data, dict):
        raise BadRequest("The body should be a JSON object")
    return data


def in_words(errors: Any, at: str = "") -> str:
    """What a serializer found, in a line: `pagination.page: A valid integer is required.`, say."""
    if isinstance(errors, dict):
        told = [in_words(said, place_of(name, at)) for name, said in errors.items()]
        return " ".join(line for line in told if line)
    if isinstance(errors, list) and any(isinstance(said, dict) for said in errors):
        return in_words(dict(enumerate(errors)), at)
    return f"{at}: {' '.join(errors)}"


def place_of(name: str | int, at: str) -> str:
    """Where a field of what is at this place is; what is about it as a whole is there itself."""
    return at if name == "non_field_errors" else f"{at}.{name}".lstrip(".")
