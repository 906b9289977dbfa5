"""Attempts that give way: how long the pauses are, and when it ends."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import TimedOut
from ansible_collections.mainstay.ops.plugins.module_utils._migration.patience import Patience, pause
from ansible_collections.mainstay.ops.plugins.module_utils._postgres.model import Blocked


class Jump:
    """A clock that jumps when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Door:
    """Locked for a number of attempts, each of which takes 0.1 s."""

    def __init__(self, clock: Jump, locked: int) -> None:
        self._clock, self._locked = clock, locked

    def open(self) -> str:
        self._clock.time += 0.1
        self._locked -= 1
        if self._locked >= 0:
            raise Blocked("lock not free in time")
        return "open"


@pytest.mark.parametrize(
    ("attempt", "chance", "seconds"),
    [(1, 0, 0.1), (1, 1, 0.2), (2, 1, 0.4), (3, 1, 0.8), (4, 1, 1.6), (5, 1, 2.0), (5, 0, 1.0), (5000, 1, 2.0)],
)
def test_pauses_double_up_to_two_seconds_and_half_of_each_is_chance(attempt: int, chance: float, seconds: float) -> None:
    assert pause(attempt, chance) == pytest.approx(seconds)


def test_it_comes_again_until_the_lock_is_free_and_counts() -> None:
    clock = Jump()
    patience = Patience(60, clock, lambda: 1.0)
    assert patience.attempt("m", Door(clock, 3).open, str) == "open"
    assert clock.slept == pytest.approx([0.2, 0.4, 0.8])
    assert (patience.retries, patience.waited_ms) == (3, 1700)


def test_at_the_deadline_it_names_what_it_did_and_the_suspects() -> None:
    clock = Jump()
    with pytest.raises(TimedOut, match=r"0001_a: lock not free in time; gave up after 5 attempts.*the boss"):
        Patience(5, clock, lambda: 1.0).attempt("0001_a", Door(clock, 99).open, lambda: "the boss")
    assert clock.time < 5
