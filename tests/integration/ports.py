"""Ports for servers of tests, which nobody else takes between the choice and the start."""

from __future__ import annotations

import itertools
import os
import random
import socket
from contextlib import suppress

FIRST, LAST, WORKERS = 23_000, 32_500, 4
"""Below those that Linux gives to outgoing connections, and above those of the fleet."""


def _mine() -> range:
    """Each worker of pytest-xdist has a part of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
    size = (LAST - FIRST) // WORKERS
    return range(FIRST + worker * size, FIRST + (worker + 1) * size)


def _in_turn() -> itertools.cycle[int]:
    """Beginning anywhere, so that two runs beside each other seldom meet."""
    ports = list(_mine())
    start = random.randrange(len(ports))
    return itertools.cycle(ports[start:] + ports[:start])


_NEXT = _in_turn()


def free_port() -> int:
    """One that nobody listens on, and that this process was not given lately."""
    for port in itertools.islice(_NEXT, len(_mine())):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"none of the ports {_mine()} is free")
