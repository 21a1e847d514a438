from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as Warned


def warn_of_sandbox(**_asked: Any) -> list[CheckMessage]:
    """Of `manage.py check --deploy`."""
    if not settings.SANDBOX_GATEWAY:
        return []
    return [
        Warned(
            "SANDBOX_GATEWAY is on: whoever pays through a sandbox gets the goods for nothing.",
            hint="Leave it out, or set it to false, where goods are real.",
            id="orders.W001",
        )
    ]
