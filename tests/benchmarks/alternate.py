"""Two ways of doing a thing, measured in turns, so that both meet the same machine."""

import gc
import statistics
import time
from collections.abc import Callable

ROUNDS = 300
WARM_UP = 20


def alternate(
    first: Callable[[], None], second: Callable[[], None]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The median seconds of each: of CPU, and elapsed."""
    seconds: list[list[tuple[float, float]]] = [[], []]
    for _ in range(WARM_UP):
        first()
        second()
    gc.collect()
    for _ in range(ROUNDS):
        for ask, taken in zip((first, second), seconds, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            ask()
            taken.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpus, walls = (
        tuple(statistics.median(t[i] for t in taken) for taken in seconds) for i in (0, 1)
    )
    return (cpus[0], cpus[1]), (walls[0], walls[1])
