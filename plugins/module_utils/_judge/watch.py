# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at both sides of every metric until the canary is known to be worse, or the time is over."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from .._core.errors import Corrupt, Unavailable
from .._core.verdict import Verdict, overall
from .._core.wait import Clock, Pace, RealClock, wait_until
from .model import Compared, Demand
from .verdict import Comparison

Look = Mapping[str, Any]
"""What was counted of both sides, by where, as ``Compares`` takes it: ``Sides`` or ``Times``."""


class Compares(Protocol):
    """What one kind of metric makes of what was counted of it."""

    def between(self, before: Any, now: Any) -> Any:
        """What both sides answered between two looks, as a block or a spread."""

    def remembered(self, before: Any, now: Any) -> Any:
        """What the next look is compared with."""

    def after(self, blocks: Mapping[str, Any]) -> Compares:
        """With what was answered since, by where it was counted."""

    def compared(self, metrics: int = 1) -> Compared:
        """The verdict on one of so many metrics that are watched at once."""

    def totals(self) -> Mapping[str, Any]:
        """What was compared so far, by side, for a timeline."""


@dataclass(frozen=True)
class Metric:
    """What is compared; ``look`` reads both sides as of one moment and raises ``Unavailable``, ``compares`` begins a comparison.

    A metric that is not ``critical`` is told and changes nothing. One on a ``dry_run`` is too, and judged as if it were counted.
    """

    name: str
    look: Callable[[], Look]
    critical: bool = True
    dry_run: bool = False
    compares: Callable[[str, Demand], Compares] = Comparison

    @property
    def counts(self) -> bool:
        """Whether the verdict on the canary depends on it."""
        return self.critical and not self.dry_run


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
    comparison: Compares
    last: Look = field(default_factory=dict)
    canary_at: float = -math.inf
    live_at: float = -math.inf
    trouble: str = ""

    def after(self, look: Look, now: float) -> Watched:
        """With another look; the first of a place only tells from where to count."""
        compares = self.comparison
        blocks = {place: compares.between(self.last[place], sides) for place, sides in look.items() if place in self.last}
        known = {place: compares.remembered(self.last.get(place, sides), sides) for place, sides in look.items()}
        return replace(
            self,
            comparison=compares.after(blocks),
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
    counted = sum(one.metric.counts for one in sight.watched)
    return tuple(_judged(one, sight.at, stale, _sharing(one.metric, counted)) for one in sight.watched)


def _sharing(metric: Metric, counted: int) -> int:
    """With how many metrics it shares the false alarms, itself included; a dry run with as many as it would."""
    return 1 if not metric.critical else counted + metric.dry_run


def verdict(sight: Sight, stale: float) -> Verdict:
    """The worst of the metrics that count; the others are only told."""
    results = zip(sight.watched, judged(sight, stale), strict=True)
    return overall(result.verdict for one, result in results if one.metric.counts)


def _judged(one: Watched, now: float, stale: float, metrics: int) -> Compared:
    result = one.comparison.compared(metrics)
    still = now - min(one.canary_at, one.live_at)
    if result.verdict is Verdict.FAIL or still <= stale:
        return result
    silent = "the canary" if one.canary_at <= one.live_at else "the live side"
    why = one.trouble or f"no new answers of {silent}"
    since = "since the watch began" if math.isinf(still) else f"for {still:.0f} s"
    return replace(result, verdict=Verdict.INCONCLUSIVE, told=f"{result.told}; {since}: {why}")


class _Looking:
    """Reads every metric once each time that it is called."""

    def __init__(self, metrics: Sequence[Metric], demand: Demand, keep: Callable[[Sight], None], clock: Clock) -> None:
        self._clock, self._began, self._keep = clock, clock.now(), keep
        self.last = Sight(0.0, tuple(Watched(metric, metric.compares(metric.name, demand)) for metric in metrics))

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
