# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until servers have no sessions, and ending those that stay too long.

A service with a ``spread`` or a ``drain_rate`` ends its sessions in slices before its drain timeout is over, chosen at random,
so that its clients do not all come back in the same moment.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from .._core.wait import Clock, Pace, wait_until
from .model import Change, Key, Service
from .ready import has_drained
from .router import Router
from .slices import Slices, remedy

LOOK_EVERY = 0.05
DYING = 2.0
"""Seconds that a session may take to end after it was cut."""

_dice = random.SystemRandom()


@dataclass(frozen=True)
class Drained:
    """How many sessions were cut, how many were ``left`` for which ``drain_rate`` had no time, and when nobody was connected."""

    cut: int = 0
    left: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


def drain(router: Router, leaving: list[Change], clock: Clock) -> Drained:
    """Return when the servers have no sessions, at the latest when their drain timeouts are over.

    The first look comes one interval after the switch: a request that was given its server right before counts by then.
    """
    if not leaving:
        return Drained()
    began = clock.now()
    exits = [_Exit(router, service, keys, clock) for service, keys in _by_service(leaving)]
    clock.sleep(LOOK_EVERY)
    longest = max(change.service.drain_timeout for change in leaving)

    def look() -> list[int]:
        counts = router.sessions()
        return [exit_.look(counts) for exit_ in exits]

    wait_until(look, has_drained, Pace(longest + DYING, LOOK_EVERY), clock=clock)
    warnings = tuple(exit_.warning for exit_ in exits if exit_.left)
    return Drained(sum(exit_.cut for exit_ in exits), sum(exit_.left for exit_ in exits), clock.now() - began, warnings)


def _by_service(leaving: list[Change]) -> list[tuple[Service, list[Key]]]:
    services = {change.service.name: change.service for change in leaving}
    return [(service, [c.server.key for c in leaving if c.service.name == name]) for name, service in services.items()]


class _Exit:
    """Shows out the sessions of one service, and counts them."""

    def __init__(self, router: Router, service: Service, keys: list[Key], clock: Clock) -> None:
        self.cut = 0
        self.left = 0
        self._router = router
        self._service = service
        self._keys = keys
        self._clock = clock
        self._ends = clock.now() + service.drain_timeout
        self._slices = Slices(service, self._ends, _dice)
        self._dying: set[str] = set()
        self._is_closed = False

    @property
    def warning(self) -> str:
        return (
            f"{self._service.name}: {self.left} connections were still open when drain_timeout was over, and were ended "
            f"all at once, because drain_rate left no time for them; {remedy(self._service, self._slices.at_first or self.left)}"
        )

    def look(self, counts: Mapping[Key, int]) -> int:
        """How many were open, before those whose time has come were cut."""
        opened = sum(counts.get(key, 0) for key in self._keys)
        if not opened or self._is_closed:
            return opened
        if self._clock.now() >= self._ends:
            self._close()
        elif self._slices.due(opened, self._clock.now()):
            self._cut()
        return opened

    def _close(self) -> None:
        self._is_closed = True
        there = len(self._staying())
        self._router.cut(self._keys)
        if self._service.drain_rate:
            self.left = there
        else:
            self.cut += there

    def _cut(self) -> None:
        ids = self._staying()
        chosen = _dice.sample(ids, self._slices.due(len(ids), self._clock.now()))
        self.cut += self._router.cut_sessions(chosen)
        self._dying.update(chosen)
        self._slices.cut(len(chosen), self._clock.now())

    def _staying(self) -> list[str]:
        """Those that were not cut yet; one that was may be listed for a moment more, and must not be counted twice."""
        ids = self._router.session_ids(self._keys)
        self._dying.intersection_update(ids)
        return [one for one in ids if one not in self._dying]
