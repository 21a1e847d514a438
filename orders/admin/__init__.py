from orders.admin import (
    bulk_cancellations,
    exports,
    ledgers,
    mail,
    orders,
    players,
    saved_views,
    webhook_endpoints,
    webhooks,
)

__all__ = [
    "bulk_cancellations",
    "exports",
    "ledgers",
    "mail",
    "orders",
    "players",
    "saved_views",
    "webhook_endpoints",
    "webhooks",
]
