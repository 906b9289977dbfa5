# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one loop that waits: a reading, a pure predicate and a clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from .errors import TimedOut

T = TypeVar("T")


class Clock(Protocol):
    """Where waiting gets its time from; tests give one that jumps."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The monotonic clock of this machine."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Pace:
    """How long to wait at most and how often to look, in seconds."""

    timeout: float
    interval: float = 0.2


def wait_until(
    read: Callable[[], T],
    is_done: Callable[[T], bool],
    pace: Pace,
    *,
    clock: Clock | None = None,
) -> tuple[bool, T]:
    """Read until ``is_done`` holds or the time is over; returns whether it held, and what was seen last."""
    clock = clock or RealClock()
    deadline = clock.now() + pace.timeout
    seen = read()
    while not is_done(seen):
        left = deadline - clock.now()
        if left <= 0:
            return False, seen
        clock.sleep(min(pace.interval, left))
        seen = read()
    return True, seen


def demand(
    read: Callable[[], T],
    is_done: Callable[[T], bool],
    pace: Pace,
    *,
    waiting_for: str,
    describe: Callable[[T], str] = str,
    clock: Clock | None = None,
) -> T:
    """Like ``wait_until``, but raises ``TimedOut`` with what was seen last."""
    done, seen = wait_until(read, is_done, pace, clock=clock)
    if done:
        return seen
    raise TimedOut(f"{waiting_for} did not happen within {pace.timeout:g} s; last seen: {describe(seen)}")
