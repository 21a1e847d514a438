from inventory.admin import orders, players, promotions, records, sessions

__all__ = ["orders", "players", "promotions", "records", "sessions"]
