from players.admin import api_keys, players, staff

__all__ = ["api_keys", "players", "staff"]
