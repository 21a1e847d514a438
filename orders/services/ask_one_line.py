from config.one_line import NOT_ONE_LINE, is_one_line
from orders.errors import NotOneLine


def ask_one_line(**texts: str) -> None:
    """Refuse with NotOneLine, by field, what has line breaks, controls, or turns text around."""
    if wrong := [name for name, text in texts.items() if not is_one_line(text)]:
        raise NotOneLine(
            f"These have line breaks or control characters: {', '.join(wrong)}",
            **{name: [NOT_ONE_LINE] for name in wrong},
        )
