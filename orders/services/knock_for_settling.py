import structlog
from celery import current_app

log = structlog.get_logger(__name__)

SETTLE_TASK = "orders.tasks.settle_payments"


def knock_for_settling() -> None:
    """Tell the workers that a gateway is to be asked. Never fails: the clock knocks, too."""
    try:
        current_app.send_task(SETTLE_TASK, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever ails the broker, the row is committed
        log.warning("knock_failed", error=repr(error))
