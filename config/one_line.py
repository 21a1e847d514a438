"""Texts of one line: names, addresses, tracking numbers. Mails, labels and exports repeat them."""

import re

from django.core.exceptions import ValidationError

# Controls, separators of lines and paragraphs, and what turns the direction of the text around it.
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
NOT_ONE_LINE = "Ensure this field has no line breaks or control characters."


def is_one_line(text: str) -> bool:
    """Whether it stays within its line, and shows all that it has."""
    return not BREAKS.search(text)


def one_line(text: str) -> None:
    """A validator of fields: of models, forms and serializers."""
    if not is_one_line(text):
        raise ValidationError(NOT_ONE_LINE, code="not_one_line")
