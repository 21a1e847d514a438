from datetime import UTC, datetime, timedelta
from itertools import pairwise

from orders.retries import RETRIED_FOR, next_try

BEGUN = datetime(2026, 11, 22, tzinfo=UTC)


def test_tries_become_rarer_and_end_after_three_days():
    tries = [BEGUN]
    while following := next_try(begun=BEGUN, now=tries[-1]):
        tries.append(following)

    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert timedelta(seconds=4) <= waits[0] <= timedelta(seconds=6)
    assert max(waits) <= timedelta(hours=7.2)
    assert tries[-1] == BEGUN + RETRIED_FOR
    assert 20 <= len(tries) <= 40


def test_tries_of_many_do_not_come_together():
    now = BEGUN + timedelta(minutes=10)
    waits = [next_try(begun=BEGUN, now=now) - now for _ in range(200)]

    assert timedelta(minutes=8) <= min(waits) < timedelta(minutes=9)
    assert timedelta(minutes=11) < max(waits) <= timedelta(minutes=12)
