# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at both sides of every metric until the canary is known to be worse, or the time is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .._core.errors import Corrupt, Unavailable
from .._core.verdict import Verdict, overall
from .._core.wait import Clock, Pace, RealClock, wait_until
from .counters import between, remembered
from .model import Block, Compared, Demand, Sides
from .verdict import Comparison, compared

Look = Mapping[str, Sides]
"""What was counted, by where."""


@dataclass(frozen=True)
class Metric:
    """What is compared; ``look`` reads both sides as of one moment and raises ``Unavailable``.

    A metric that is not ``critical`` is told and changes nothing.
    """

    name: str
    look: Callable[[], Look]
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

    @property
    def longest(self) -> float:
        return self.duration + self.longer


@dataclass(frozen=True)
class Watched:
    """A metric and what was seen of it.

    ``canary_at`` and ``live_at`` are when either side last had new answers, ``trouble`` says why the last look failed.
    """

    metric: Metric
    comparison: Comparison
    last: Look = field(default_factory=dict)
    canary_at: float = -math.inf
    live_at: float = -math.inf
    trouble: str = ""

    def after(self, look: Look, now: float) -> Watched:
        """With another look; the first of a place only tells from where to count."""
        blocks = {place: _block(self.last[place], sides) for place, sides in look.items() if place in self.last}
        known = {place: _remembered(self.last.get(place, sides), sides) for place, sides in look.items()}
        return replace(
            self,
            comparison=self.comparison.after(blocks),
            last={**self.last, **known},
            canary_at=now if any(block.canary.requests for block in blocks.values()) else self.canary_at,
            live_at=now if any(block.live.requests for block in blocks.values()) else self.live_at,
            trouble="",
        )


@dataclass(frozen=True)
class Sight:
    """All metrics as they stand, and how many seconds the watch has gone on."""

    at: float
    watched: tuple[Watched, ...]


def watch(
    metrics: Sequence[Metric],
    demand: Demand,
    patience: Patience,
    keep: Callable[[Sight], None] = lambda sight: None,
    clock: Clock | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Sight:
    """The last look, of which ``verdict`` and ``judged`` say what follows; ``keep`` is given every one.

    Whatever else it waits for, the watch ends when ``is_over`` says so.
    """
    time = clock or RealClock()
    looking = _Looking(metrics, demand, keep, time)

    def until(seconds: float, *ends: Verdict) -> None:
        pace = Pace(seconds, patience.interval)
        wait_until(looking, lambda sight: is_over() or verdict(sight, patience.stale) in ends, pace, clock=time)

    until(patience.duration, Verdict.FAIL)
    if patience.longer and verdict(looking.last, patience.stale) is Verdict.INCONCLUSIVE:
        until(patience.longer, Verdict.FAIL, Verdict.PASS)
    return looking.last


def judged(sight: Sight, stale: float) -> tuple[Compared, ...]:
    """The verdict on each metric. One that did not move for too long has none, whatever it looked like before."""
    critical = sum(one.metric.critical for one in sight.watched)
    return tuple(_judged(one, sight.at, stale, critical if one.metric.critical else 1) for one in sight.watched)


def verdict(sight: Sight, stale: float) -> Verdict:
    """The worst of the critical metrics; the others are only told."""
    results = zip(sight.watched, judged(sight, stale), strict=True)
    return overall(result.verdict for one, result in results if one.metric.critical)


def _judged(one: Watched, now: float, stale: float, metrics: int) -> Compared:
    result = compared(one.comparison, metrics)
    still = now - min(one.canary_at, one.live_at)
    if result.verdict is Verdict.FAIL or still <= stale:
        return result
    silent = "the canary" if one.canary_at <= one.live_at else "the live side"
    why = one.trouble or f"no new answers of {silent}"
    since = "since the watch began" if math.isinf(still) else f"for {still:.0f} s"
    return replace(result, verdict=Verdict.INCONCLUSIVE, told=f"{result.told}; {since}: {why}")


def _block(before: Sides, now: Sides) -> Block:
    canary, live = (between(was, is_now) for was, is_now in zip(before, now, strict=True))
    return Block(canary, live)


def _remembered(before: Sides, now: Sides) -> Sides:
    canary, live = (remembered(was, is_now) for was, is_now in zip(before, now, strict=True))
    return canary, live


class _Looking:
    """Reads every metric once each time that it is called."""

    def __init__(self, metrics: Sequence[Metric], demand: Demand, keep: Callable[[Sight], None], clock: Clock) -> None:
        self._clock, self._began, self._keep = clock, clock.now(), keep
        self.last = Sight(0.0, tuple(Watched(metric, Comparison(metric.name, demand)) for metric in metrics))

    def __call__(self) -> Sight:
        at = self._clock.now() - self._began
        self.last = Sight(at, tuple(_look(one, at) for one in self.last.watched))
        self._keep(self.last)
        return self.last


def _look(one: Watched, at: float) -> Watched:
    try:
        return one.after(one.metric.look(), at)
    except (Unavailable, Corrupt) as error:
        return replace(one, trouble=error.message)
