# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When how many sessions of a service are cut on one router, and when that has to begin.

A router has as many tickets as it may cut sessions in a period. Who is cut takes one, and it comes back a period and a random
bit later. So no period has more cuts than there are tickets, wherever one begins to count, and routers do not march in step.
"""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass

from .model import Service

JITTER = 0.1
"""Part of a period by which a ticket may come back later than it must."""
LATE = 0.1
"""Seconds from one look to the next for which the beginning makes allowance."""


@dataclass(frozen=True)
class Bound:
    """At most ``most`` sessions in any ``period`` of seconds."""

    most: int
    period: float

    def takes(self, opened: int) -> float:
        """Seconds in which so many sessions can be cut, however late tickets and looks come."""
        return opened * (self.period * (1 + JITTER) + LATE) / self.most + LATE


def bound(rate: float, routers: int) -> Bound:
    """One router's part of the rate of all, rounded down; below one a second it is one in more than a second."""
    each = rate / routers
    return Bound(math.floor(each), 1.0) if each >= 1 else Bound(1, routers / rate)


def due(opened: int, at_first: int, left: float, span: float, luck: float = 0.0) -> int:
    """How many of the open sessions are to be cut now, so that they leave evenly over ``span`` and none after it.

    Each has a slice of the span. ``luck``, from 0 to 1, says how late within its slice the next one goes.
    """
    if left <= 0:
        return opened
    if left >= span:
        return 0
    return max(0, opened - math.floor(at_first * left / span + luck))


class Tickets:
    """The right to cut, now or later; at first they come in evenly over a period."""

    def __init__(self, bound: Bound, now: float, dice: random.Random) -> None:
        self._bound = bound
        self._dice = dice
        self._back = [now + (number + dice.random()) * bound.period / bound.most for number in range(bound.most)]

    def ready(self, now: float) -> int:
        return sum(moment <= now for moment in self._back)

    def take(self, number: int, now: float) -> None:
        for _ticket in range(number):
            heapq.heapreplace(self._back, now + self._bound.period * (1 + JITTER * self._dice.random()))


class Slices:
    """How many sessions of one service are to be cut at each look; ``ends`` is when its drain timeout is over.

    The last slice ends a look before that, so that nobody is left because a look came late.
    ``at_first`` is how many there were when cutting began, 0 before that.
    """

    def __init__(self, service: Service, ends: float, dice: random.Random) -> None:
        self._service = service
        self._ends = ends
        self._dice = dice
        self._bound = bound(service.drain_rate, service.routers) if service.drain_rate else None
        self._tickets: Tickets | None = None
        self._span = 0.0
        self._luck = dice.random()
        self.at_first = 0

    def due(self, opened: int, now: float) -> int:
        if not self.at_first:
            self._begin(opened, now)
        if not self.at_first:
            return 0
        wanted = due(opened, self.at_first, self._ends - LATE - now, self._span, self._luck)
        return min(wanted, self._tickets.ready(now)) if self._tickets else wanted

    def cut(self, number: int, now: float) -> None:
        """So many were cut, up to now."""
        self._luck = self._dice.random()
        if self._tickets:
            self._tickets.take(number, now)

    def _begin(self, opened: int, now: float) -> None:
        needed = self._bound.takes(opened) if self._bound else 0.0
        left = self._ends - now
        if opened and 0 < left <= max(self._service.spread, needed):
            self._span, self.at_first = left - LATE, opened
            self._tickets = Tickets(self._bound, now, self._dice) if self._bound else None


def remedy(service: Service, at_first: int) -> str:
    """What to raise so that so many sessions on one router fit."""
    needed = bound(service.drain_rate, service.routers).takes(at_first) + LATE
    faster = at_first * (1 + JITTER + LATE) / max(service.drain_timeout - 2 * LATE, LATE)
    return f"raise drain_timeout to {math.ceil(needed)}s or drain_rate to {service.routers * math.ceil(faster)}"
