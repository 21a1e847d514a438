from players.admin import api_keys, coin_entries, players, staff

__all__ = ["api_keys", "coin_entries", "players", "staff"]
