# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks many endpoints at once until each is healthy or the time is over."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event

from .._core.errors import InvalidInput
from .._core.text import listed, shown
from .._core.verdict import Verdict
from .._core.wait import Clock, Pace, RealClock, wait_until
from .model import Answer, Endpoint, Policy, Result, Trial
from .probe import probe
from .ready import is_healthy
from .threads import at_once
from .verdict import judge, tried

MOST = 1000
"""Endpoints of one check; each takes a thread."""


def check_all(
    endpoints: Sequence[Endpoint],
    policy: Policy,
    clock: Clock | None = None,
    ask: Callable[[Endpoint], Answer] = probe,
) -> tuple[Result, ...]:
    """The verdict on every endpoint, in their order, after at most the deadline and one more probe.

    Every endpoint is asked at least once. Raises ``InvalidInput`` if there is nothing to check; endpoints of PostgreSQL
    and Redis need their libraries, see ``libraries`` in ``operation``.
    """
    _check_names([endpoint.name for endpoint in endpoints])
    paced = Jittered(clock or RealClock(), policy.jitter)
    return at_once(partial(watch, policy=policy, clock=paced, ask=ask), endpoints)


def watch(endpoint: Endpoint, policy: Policy, clock: Clock, ask: Callable[[Endpoint], Answer]) -> Result:
    """Asks one endpoint until it is healthy or the deadline is over."""
    pace = Pace(policy.deadline, policy.interval)
    _done, seen = wait_until(_looking(endpoint, ask), lambda seen: is_healthy(seen, policy.healthy), pace, clock=clock)
    return judge(endpoint, seen, policy.healthy)


def stay_well(
    endpoints: Sequence[Endpoint],
    pace: Pace,
    clock: Clock | None = None,
    ask: Callable[[Endpoint], Answer] = probe,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[Result, ...]:
    """Asks every endpoint until the time or whatever else ``is_over``; two wrong answers in a row of one end it for all."""
    sick = Event()
    guarded = partial(guard, pace=pace, clock=clock or RealClock(), ask=ask, is_over=lambda: sick.is_set() or is_over())

    def guarded_for_all(endpoint: Endpoint) -> Result:
        result = guarded(endpoint)
        if result.verdict is not Verdict.PASS:
            sick.set()
        return result

    return at_once(guarded_for_all, endpoints)


def guard(
    endpoint: Endpoint,
    pace: Pace,
    clock: Clock,
    ask: Callable[[Endpoint], Answer],
    is_over: Callable[[], bool] = lambda: False,
) -> Result:
    """Asks one endpoint until it gives two wrong answers in a row, or the time is over and its last answer was right."""
    look = _looking(endpoint, ask)
    _done, seen = wait_until(look, lambda seen: _is_sick(seen) or is_over(), pace, clock=clock)
    return judge(endpoint, seen if _is_sick(seen) or not seen[-1].trouble else look(), 1)


def _is_sick(seen: Sequence[Trial]) -> bool:
    """One wrong answer of thousands is no illness."""
    return len(seen) > 1 and all(trial.trouble for trial in seen[-2:])


def _looking(endpoint: Endpoint, ask: Callable[[Endpoint], Answer]) -> Callable[[], tuple[Trial, ...]]:
    trail: list[Trial] = []

    def look() -> tuple[Trial, ...]:
        trail.append(tried(endpoint, ask(endpoint)))
        return tuple(trail)

    return look


class Jittered:
    """A clock that sleeps up to ``jitter`` seconds longer, so that a fleet is not asked in step."""

    def __init__(self, clock: Clock, jitter: float) -> None:
        self._clock, self._jitter, self._random = clock, jitter, random.SystemRandom()

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds + self._random.uniform(0, self._jitter))


def _check_names(names: list[str]) -> None:
    if not names:
        raise InvalidInput("there is nothing to check: endpoints is empty, and no data is never a pass")
    if len(names) > MOST:
        raise InvalidInput(f"{len(names)} endpoints are too many for one check: give at most {MOST}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"endpoints need different names; given more than once: {listed(shown(name) for name in twice[:5])}")
