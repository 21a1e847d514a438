from config.knocks import knock

SETTLE_TASK = "orders.tasks.settle_payments"


def knock_for_settling() -> None:
    """Tell the workers that a gateway is to be asked. Never fails: the clock knocks, too."""
    knock(SETTLE_TASK)
