from orders.admin import (
    bulk_cancellations,
    exports,
    gateways,
    ledgers,
    mail,
    orders,
    payments,
    players,
    report_schedules,
    saved_views,
    webhook_endpoints,
    webhooks,
)

__all__ = [
    "bulk_cancellations",
    "exports",
    "gateways",
    "ledgers",
    "mail",
    "orders",
    "payments",
    "players",
    "report_schedules",
    "saved_views",
    "webhook_endpoints",
    "webhooks",
]
