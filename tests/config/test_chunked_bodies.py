import io

import pytest

from config.chunked_bodies import with_chunked_bodies


def received(**environ):
    """What an application behind it finds in the environment, and reads."""

    def application(found, _start_response):
        return [found["wsgi.input"].read(), found.get("CONTENT_LENGTH")]

    return with_chunked_bodies(application)(environ, None)


def test_body_in_chunks_gets_its_length():
    environ = {"wsgi.input": io.BytesIO(b"a body"), "wsgi.input_terminated": True}

    assert received(**environ) == [b"a body", "6"]


def test_body_in_chunks_that_is_too_large_is_read_just_far_enough_to_be_refused(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 3
    environ = {"wsgi.input": io.BytesIO(b"a body"), "wsgi.input_terminated": True}

    assert received(**environ) == [b"a bo", "4"]


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": "6", "wsgi.input_terminated": True},
        {"CONTENT_LENGTH": "6"},
        {"CONTENT_LENGTH": ""},
    ],
)
def test_body_with_a_length_or_without_an_end_is_left_alone(environ):
    stream = io.BytesIO(b"a body")

    assert received(**environ, **{"wsgi.input": stream}) == [b"a body", environ["CONTENT_LENGTH"]]
