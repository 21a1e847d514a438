"""Fulfil accepted player orders."""

from inventory.models import PlayerOrder


def fulfil_at_once(order: PlayerOrder) -> PlayerOrder:
    return order


def fulfil_waiting(limit: int) -> int:
    return 0
