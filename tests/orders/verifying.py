"""The function in docs/webhooks.md, run as it stands there."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "webhooks.md"


def verify(secret, headers, body):
    [code, _] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names = {}
    exec(code, names)  # noqa: S102 - that the document's own code works is what is tested
    return names["is_from_quartermaster"](secret, headers, body)
