from orders.admin import ledgers, mail, orders, players, webhook_endpoints, webhooks

__all__ = ["ledgers", "mail", "orders", "players", "webhook_endpoints", "webhooks"]
