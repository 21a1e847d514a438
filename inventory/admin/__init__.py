from inventory.admin import orders, players, promotions, records, sessions, vendors

__all__ = ["orders", "players", "promotions", "records", "sessions", "vendors"]
