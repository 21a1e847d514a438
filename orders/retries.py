"""When what could not be sent is tried again: soon at first, then less and less, for three days."""

from datetime import datetime, timedelta
from random import SystemRandom

RETRIED_FOR = timedelta(days=3)
SHORTEST = timedelta(seconds=5)
LONGEST = timedelta(hours=6)
JITTER = 0.2

_dice = SystemRandom()


def next_try(*, begun: datetime, now: datetime) -> datetime | None:
    """As long again as it has been tried so far, and never twice at the same beat; None: give up.

    The last try is at the end of the three days.
    """
    end = begun + RETRIED_FOR
    if now >= end:
        return None
    wait = min(max(now - begun, SHORTEST), LONGEST)
    return min(now + wait * _dice.uniform(1 - JITTER, 1 + JITTER), end)
