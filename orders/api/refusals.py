"""What the doors of both APIs refuse; each has its own words and its own shape for it."""

from config.errors import Invalid, NotFound, Refusal


class Unauthorized(Refusal):
    """No key or token, or one that opens nothing."""

    code = "unauthorized"

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Forbidden(Refusal):
    """The caller is known, but may not do this, or not here."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__("Forbidden")


class BadRequest(Invalid):
    """What was sent is not of the documented shape, or names what does not exist."""

    code = "bad_request"


class PathNotFound(NotFound):
    """No endpoint has this path."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("Not found")


class MethodNotOffered(Refusal):
    """The endpoint does not know this method."""

    code = "method_not_allowed"
