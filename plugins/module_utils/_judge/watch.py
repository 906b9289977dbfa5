# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at both sides of every metric until the canary is known to be worse, or the time is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .._core.errors import Corrupt, Unavailable
from .._core.verdict import Verdict, overall
from .._core.wait import Clock, Pace, RealClock, wait_until
from .counters import between, remembered
from .model import Block, Compared, Demand, Seen
from .verdict import Comparison, compared, comparison

Sides = tuple[Seen, Seen]
"""The canary's, and the live side's."""


@dataclass(frozen=True)
class Metric:
    """What is compared; ``look`` reads both sides as of one moment and raises ``Unavailable``.

    A metric that is not ``critical`` is told and changes nothing.
    """

    name: str
    look: Callable[[], Sides]
    critical: bool = True


@dataclass(frozen=True)
class Patience:
    """How long to watch, how much longer if that proves nothing, and how often to look; all in seconds.

    After ``stale`` without a new answer on both sides, what was seen before proves nothing any more.
    """

    duration: float
    longer: float = 0.0
    interval: float = 1.0
    stale: float = 30.0


@dataclass(frozen=True)
class Watched:
    """A metric and what was seen of it; ``moved_at`` is when both sides last had new answers, ``trouble`` why a look failed."""

    metric: Metric
    comparison: Comparison
    last: Sides | None = None
    moved_at: float = -math.inf
    trouble: str = ""

    def after(self, sides: Sides, now: float) -> Watched:
        """With another look; the first only tells from where to count."""
        known = self.last or sides
        if not sides[0].bounds == sides[1].bounds == known[0].bounds:
            return replace(self, trouble=f"the buckets of {self.metric.name} are not the same on both sides, or not as before")
        seen = self.comparison if self.last else comparison(self.metric.name, self.comparison.demand, sides[0].bounds)
        canary, live = (between(was, is_now) for was, is_now in zip(known, sides, strict=True))
        return replace(
            self,
            comparison=seen.after(tuple(Block(one, other) for one, other in zip(canary, live, strict=True))),
            last=(remembered(known[0], sides[0]), remembered(known[1], sides[1])),
            moved_at=now if canary[0].requests and live[0].requests else self.moved_at,
            trouble="",
        )


@dataclass(frozen=True)
class Sight:
    """All metrics as they stand, and how many seconds the watch has gone on."""

    at: float
    watched: tuple[Watched, ...]


def watch(metrics: Sequence[Metric], demand: Demand, patience: Patience, clock: Clock | None = None) -> tuple[Sight, ...]:
    """Everything that was seen, look by look; ``verdict`` and ``judged`` say what follows from the last one."""
    time = clock or RealClock()
    looking = _Looking(metrics, demand, time)

    def until(seconds: float, *ends: Verdict) -> None:
        pace = Pace(seconds, patience.interval)
        wait_until(looking, lambda sight: verdict(sight, patience.stale) in ends, pace, clock=time)

    until(patience.duration, Verdict.FAIL)
    if patience.longer and verdict(looking.sights[-1], patience.stale) is Verdict.INCONCLUSIVE:
        until(patience.longer, Verdict.FAIL, Verdict.PASS)
    return tuple(looking.sights)


def judged(sight: Sight, stale: float) -> tuple[Compared, ...]:
    """The verdict on each metric. One that did not move for too long has none, whatever it looked like before."""
    critical = sum(one.metric.critical for one in sight.watched)
    return tuple(_judged(one, sight.at - one.moved_at, stale, critical if one.metric.critical else 1) for one in sight.watched)


def verdict(sight: Sight, stale: float) -> Verdict:
    """The worst of the critical metrics; the others are only told."""
    results = zip(sight.watched, judged(sight, stale), strict=True)
    return overall(result.verdict for one, result in results if one.metric.critical)


def _judged(one: Watched, still: float, stale: float, metrics: int) -> Compared:
    result = compared(one.comparison, metrics)
    if result.verdict is Verdict.FAIL or still <= stale:
        return result
    why = one.trouble or "no new answers on one side or both"
    since = "since the watch began" if math.isinf(still) else f"for {still:.0f} s"
    return replace(result, verdict=Verdict.INCONCLUSIVE, told=f"{result.told}; {since}: {why}")


class _Looking:
    """Reads every metric once each time that it is called, and keeps what was seen."""

    def __init__(self, metrics: Sequence[Metric], demand: Demand, clock: Clock) -> None:
        self._clock, self._began = clock, clock.now()
        start = (Watched(metric, comparison(metric.name, demand)) for metric in metrics)
        self.sights = [Sight(0.0, tuple(start))]

    def __call__(self) -> Sight:
        at = self._clock.now() - self._began
        self.sights.append(Sight(at, tuple(_look(one, at) for one in self.sights[-1].watched)))
        return self.sights[-1]


def _look(one: Watched, at: float) -> Watched:
    try:
        return one.after(one.metric.look(), at)
    except (Unavailable, Corrupt) as error:
        return replace(one, trouble=error.message)
