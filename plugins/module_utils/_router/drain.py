# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until servers have no sessions, and ending those that stay too long.

A service with a ``spread`` ends its sessions in slices over that last part of its drain timeout, chosen at random, so that
its clients do not all come back in the same moment.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from .._core.wait import Clock, Pace, wait_until
from .model import Change, Key
from .plan import due
from .ready import has_drained
from .router import Router

LOOK_EVERY = 0.05
DYING = 2.0
"""Seconds that a session may take to end after it was cut."""

_dice = random.SystemRandom()


@dataclass(frozen=True)
class Drained:
    """How many sessions were cut, and how long it took until nobody was connected."""

    cut: int = 0
    seconds: float = 0.0


def drain(router: Router, leaving: list[Change], clock: Clock) -> Drained:
    """Return when the servers have no sessions, at the latest when their drain timeouts are over.

    The first look comes one interval after the switch: a request that was given its server right before counts by then.
    """
    if not leaving:
        return Drained()
    began = clock.now()
    exit_ = _Exit(router, leaving, clock)
    clock.sleep(LOOK_EVERY)
    longest = max(change.service.drain_timeout for change in leaving)
    wait_until(exit_.look, lambda counts: has_drained(counts.values()), Pace(longest + DYING, LOOK_EVERY), clock=clock)
    return Drained(exit_.cut, clock.now() - began)


class _Exit:
    """Counts who is left and shows out those whose time is over."""

    def __init__(self, router: Router, leaving: list[Change], clock: Clock) -> None:
        self.cut = 0
        self._router = router
        self._leaving = leaving
        self._clock = clock
        self._began = clock.now()
        self._at_first: dict[Key, int] = {}
        self._closed: set[Key] = set()

    def look(self) -> Mapping[Key, int]:
        counts = self._router.sessions()
        for change in self._leaving:
            self._show_out(change, counts.get(change.server.key, 0))
        return {change.server.key: counts.get(change.server.key, 0) for change in self._leaving}

    def _show_out(self, change: Change, opened: int) -> None:
        key, service = change.server.key, change.service
        left = service.drain_timeout - (self._clock.now() - self._began)
        if not opened or key in self._closed or left > service.spread:
            return
        first = self._at_first.setdefault(key, opened)
        if left <= 0:
            self._close(key, opened)
        else:
            self._cut_some(key, due(opened, first, left, service.spread))

    def _close(self, key: Key, opened: int) -> None:
        self._closed.add(key)
        self._router.cut([key])
        self.cut += opened

    def _cut_some(self, key: Key, number: int) -> None:
        if not number:
            return
        ids = self._router.session_ids(key)
        chosen = _dice.sample(ids, min(number, len(ids)))
        self._router.cut_sessions(chosen)
        self.cut += len(chosen)
