"""Telling the person at the terminal what happens, as long as there is one."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def write(text: str) -> None:
    """A terminal that was closed must not keep anybody from cleaning up."""
    with suppress(OSError):
        os.write(sys.stdout.fileno(), text.encode())


def line(text: str = "") -> None:
    write(f"{text}\n")


def part(text: str) -> None:
    """Name a part of the step that is being done."""
    write(f"{text} … ")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Name a step while it is done, and then how long it took."""
    began = time.monotonic()
    part(f"  {title}")
    try:
        yield
    except BaseException:
        line("not done")
        raise
    line(f"{time.monotonic() - began:.1f} s")
