from orders.admin import mail, orders, players, webhook_endpoints, webhooks

__all__ = ["mail", "orders", "players", "webhook_endpoints", "webhooks"]
