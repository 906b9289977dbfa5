# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests of our own where users send too few: they go the way that users' requests go, and are counted with them.

What they are answered is for those who count to say, so it is not looked at here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from threading import BoundedSemaphore, Event

from .._core.errors import InvalidInput, Unavailable
from .._core.text import within
from .._health.threads import beside
from .fetch import Place, get

AT_ONCE = 50
"""Requests that may be open; while so many hang, none is added."""


@dataclass(frozen=True)
class Synthetic:
    """Where requests are sent in turn, and how many a second in all."""

    places: tuple[Place, ...]
    rate: float = 5.0

    def __post_init__(self) -> None:
        within("rate of synthetic requests a second", self.rate, 0.1, 100)
        if not self.places:
            raise InvalidInput("synthetic requests have no places to go to: name the address of at least one router")


@contextmanager
def sending(synthetic: Synthetic | None) -> Iterator[None]:
    """While the block runs."""
    over = Event()
    sender = beside(partial(_send, synthetic, over)) if synthetic else None
    try:
        yield
    finally:
        over.set()
        if sender:
            sender.result()


def _send(synthetic: Synthetic, over: Event) -> None:
    """One after the other at its time, so that a machine that was busy for a moment makes up for it."""
    free, began = BoundedSemaphore(AT_ONCE), time.monotonic()
    for sent, place in enumerate(cycle(synthetic.places), 1):
        if over.wait(max(0.0, began + sent / synthetic.rate - time.monotonic())):
            return
        if free.acquire(blocking=False):
            beside(partial(_ask, place, free))


def _ask(place: Place, free: BoundedSemaphore) -> None:
    try:
        with suppress(Unavailable):
            get(place)
    finally:
        free.release()
