from inventory.admin import orders, players, records

__all__ = ["orders", "players", "records"]
