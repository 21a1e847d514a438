"""What a service may refuse, in kinds. No HTTP here: each dialect says how a kind looks outside."""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """A rule said no. `code` is for machines and unique; the message is for a person."""

    code: str

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Invalid(Refusal):
    """What was sent can never be done."""


class NotFound(Refusal):
    """What was named does not exist, or not for this caller."""


class Conflict(Refusal):
    """What was sent cannot be done now, in this state."""
