"""Ports of the loopback interface: nothing here listens on any other."""

import socket
from random import SystemRandom

LOOPBACK = "127.0.0.1"
# Below those that systems give to outgoing connections: one of these could take the port of a
# server that is not up yet, or that is started again.
OURS = range(10_000, 32_000)

_dice = SystemRandom()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a connection that was closed a moment ago does not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(kept: int) -> int:
    """Return the kept port if it is one (0 is none) and is free, or else another."""
    for port in [kept or _dice.choice(OURS), *_dice.sample(OURS, 100)]:
        if is_free(port):
            return port
    raise OSError(f"No port of {LOOPBACK} can be had")
