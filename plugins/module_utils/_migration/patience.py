# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attempts that give up soon and come again later, so that nobody queues behind a migration for long.

The pause grows by half its length or more at random (Brooker, "Exponential Backoff And Jitter", 2015), so two runners that
wait for the same lock do not meet again and again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from .._core.errors import TimedOut
from .._core.wait import Clock, RealClock
from .._postgres.model import Blocked

T = TypeVar("T")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 2.0


def pause(attempt: int, chance: float) -> float:
    """Seconds before attempt number ``attempt`` + 1; ``chance`` is between 0 and 1."""
    whole: float = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt - 1, 10))
    return whole / 2 + whole / 2 * chance


class Patience:
    """What is left until the deadline, and how much of it was spent waiting for locks."""

    def __init__(self, deadline: float, clock: Clock | None = None, chance: Callable[[], float] = random.random) -> None:
        self._clock = clock or RealClock()
        self._chance = chance
        self._deadline = deadline
        self._end = self._clock.now() + deadline
        self._waited = 0.0
        self.retries = 0

    @property
    def left(self) -> float:
        return max(0.0, self._end - self._clock.now())

    @property
    def waited_ms(self) -> int:
        return round(self._waited * 1000)

    def attempt(self, what: str, action: Callable[[], T], suspects: Callable[[], str]) -> T:
        """The action's result, once it is not ``Blocked``; raises ``TimedOut`` naming the suspects at the deadline."""
        number = 0
        while True:
            began, number = self._clock.now(), number + 1
            try:
                return action()
            except Blocked as error:
                self._rest(began, number, f"{what}: {error}", suspects)

    def _rest(self, began: float, number: int, what: str, suspects: Callable[[], str]) -> None:
        rest = pause(number, self._chance())
        if rest >= self.left:
            raise TimedOut(
                f"{what}; gave up after {number} attempts, {self._deadline:g} s after the start. {suspects()} "
                "End what holds the lock, or run again at a quieter time; nothing is left behind"
            )
        self._clock.sleep(rest)
        self.retries += 1
        self._waited += self._clock.now() - began
