"""A load with realistic times: log-normal, as Prometheus' usual buckets see it, scraped now and then by side."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from statistics import NormalDist

from ansible_collections.mainstay.ops.plugins.module_utils._judge.latency import Latencies
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Demand, Histogram, Spread

USUAL = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The buckets of prometheus_client, unless an application says otherwise."""

FINE = tuple(round(0.01 * 1.2**n, 4) for n in range(30))
"""Each a fifth above the one before, from 10 ms to 2 s."""


@dataclass(frozen=True)
class Times:
    """Log-normal: the median in seconds, and how widely it spreads; 0.5 makes the p99 3.2 times the median."""

    median: float = 0.06
    spread: float = 0.5

    def stretched(self, factor: float) -> Times:
        """Everything takes so many times as long."""
        return Times(self.median * factor, self.spread)

    def tailed(self, factor: float) -> Times:
        """The p99 is so many times as long, the median as it was."""
        return Times(self.median, self.spread + math.log(factor) / NormalDist().inv_cdf(0.99))


@cache
def shares(times: Times, buckets: tuple[float, ...]) -> list[float]:
    """Of answers within each bound, and all of them."""
    return [NormalDist(math.log(times.median), times.spread).cdf(math.log(bound)) for bound in buckets] + [1.0]


@dataclass(frozen=True)
class Load:
    """Answers in a second of either side, the pause between scrapes, and how long after the live side's the canary's are."""

    each: tuple[int, int] = (10, 10)
    scrape: int = 1
    after: int = 0
    buckets: tuple[float, ...] = USUAL

    def seconds(self, canary: Times, live: Times, dice: random.Random, bad: Callable[[int], Times | None]) -> Iterator[Spread]:
        """What each second's look adds; ``bad`` says how long answers of both sides take in a second that is unlike others."""
        open_ = [Histogram(), Histogram()]
        for second in range(1_000_000):
            made = []
            for side, (usual, each, late) in enumerate(zip((canary, live), self.each, (self.after, 0), strict=True)):
                open_[side] += self._counted(shares(bad(second) or usual, self.buckets), each, dice)
                is_scraped = (second - late) % self.scrape == 0
                made.append(Histogram(open_[side].requests, open_[side].within, 1) if is_scraped else Histogram())
                open_[side] = Histogram() if is_scraped else open_[side]
            yield Spread(made[0], made[1])

    def _counted(self, cumulated: Sequence[float], each: int, dice: random.Random) -> Histogram:
        counts = [0] * len(cumulated)
        for bucket in dice.choices(range(len(cumulated)), cum_weights=cumulated, k=each):
            counts[bucket] += 1
        return Histogram(each, dict(zip(self.buckets, accumulate(counts), strict=False)))


def never(_second: int) -> None:
    return None


def watched(
    load: Load,
    canary: Times,
    live: Times,
    dice: random.Random,
    most: int,
    bad: Callable[[int], Times | None] = never,
    demand: Demand | None = None,
) -> Iterator[tuple[int, Latencies]]:
    """The watch after every second."""
    seen = Latencies("latency", demand or Demand())
    for second, block in zip(range(1, most + 1), load.seconds(canary, live, dice, bad), strict=False):
        seen = seen.after({"prometheus": block})
        yield second, seen
