"""make demo."""


def play(port: int) -> None:
    """Show an order answered 200, one answered 202, and the ledger that explains both."""
