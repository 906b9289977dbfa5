# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the canary answers more slowly than the live side, by quantiles; it may be looked at after every answer.

Of a histogram it is known how many answers took longer than each bound. For each of a few quantiles the bound is chosen that
parts the answers of both sides, pooled, most nearly as the quantile would, by all that was seen so far. Answers above it are
called slow. If both sides are equally fast, then of the slow answers of a block the number that falls to the canary is
hypergeometric, whatever the distribution of times is and whatever the bound: the choice knows of the block only what both sides
did together. So slow answers are bet on as bad ones are (see ``evidence``), and each quantile has a martingale of its own, all
of them over the same blocks. Their average is a martingale again, so several quantiles need no other correction.

A rise is found where it is: one of the tail by the bets on p99, one of all answers by those on p50, which needs fewer of them.

What was scraped has edges: targets are scraped one after the other, so a second that is bad for both sides may fall into this
block of one and into the next of the other. Hence ``verdict.SCRAPES`` and ``verdict.BLOCKS``.

Sources: J. D. Gibbons, S. Chakraborti, Nonparametric Statistical Inference (2003), on median tests, of which this is a sequential
form; S. R. Howard, A. Ramdas, Sequential estimation of quantiles with applications to A/B testing and best-arm identification
(2022), on why quantiles may be looked at all the time; V. Vovk, R. Wang, E-values: calibration, combination and applications
(2021), on averages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .._core.verdict import Verdict
from .evidence import RATIOS, Evidence, average
from .histogram import CROWD, QUANTILES, crowd, label, nearest, quantile, summary
from .model import Block, Compared, Count, Demand, Histogram, Spread, Times
from .power import answers, threshold
from .verdict import NOTHING, closed, most

UNSEEN = Spread(Histogram(), Histogram())
FEW = 0.005
"""A rise of the share of slow answers is asked for from this share on at least; of fewer, nobody would wait for the proof."""


@dataclass(frozen=True)
class Latencies:
    """One metric of how long answers took, under watch; as ``verdict.Comparison``, with evidence for each of ``QUANTILES``."""

    metric: str
    demand: Demand
    total: Spread = UNSEEN
    open: Mapping[str, Spread] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = (Evidence(),) * len(QUANTILES)
    worst: float = 0.0

    def after(self, blocks: Mapping[str, Spread]) -> Latencies:
        """With what was answered since, by where it was counted."""
        full, left = closed(self.open, blocks, UNSEEN, scraped=True)
        seen = replace(self, open=left)
        for block in full:
            seen = seen._and(block)
        return seen

    def _and(self, more: Spread) -> Latencies:
        block = shared(more)
        total, cap = self.total + block, most(self.demand)
        evidence = tuple(one.after(_slow(block, total, share), cap) for one, share in zip(self.evidence, QUANTILES, strict=True))
        worst = max(self.worst, average([one.log for one in evidence]))
        return replace(self, total=total, evidence=evidence, worst=worst)

    def between(self, before: Times, now: Times) -> Spread:
        """What both sides answered between two looks."""
        return Spread(now[0] - before[0], now[1] - before[1])

    def remembered(self, _before: Times, now: Times) -> Times:
        """What the next look is compared with."""
        return now

    def totals(self) -> dict[str, dict[str, float | None]]:
        """Answers and their quantiles so far, by side."""
        return {name: summary(side) for name, side in (("canary", self.total.canary), ("live", self.total.live))}

    def compared(self, metrics: int = 1) -> Compared:
        """The verdict on one of so many metrics that are watched at once."""
        enough = _enough(self, metrics)
        verdict = _verdict(self, enough, metrics)
        slow = _slow(self.total, self.total, QUANTILES[-1])
        return Compared(
            metric=self.metric,
            verdict=verdict,
            canary=slow.canary,
            live=slow.live,
            chance=min(1.0, math.exp(-self.worst)),
            needed=enough,
            told=_told(self, verdict, enough),
            times=self.total,
        )


def shared(spread: Spread) -> Spread:
    """By the bounds that both sides have: two releases may have different buckets."""
    one, other = spread.canary, spread.live
    common = [bound for bound in one.within if bound in other.within]
    canary, live = (replace(side, within={bound: side.within[bound] for bound in common}) for side in (one, other))
    return Spread(canary, live)


def pooled(spread: Spread) -> Histogram:
    return spread.canary + spread.live


def _slow(block: Spread, total: Spread, share: float) -> Block:
    """Slow answers of a block, by the bound that is nearest to the quantile of all that was seen; nothing where there is none."""
    bound = nearest(pooled(total), share)
    return NOTHING if bound is None or bound not in pooled(block).within else block.slower(bound)


def _verdict(seen: Latencies, enough: int | None, metrics: int) -> Verdict:
    if seen.worst >= threshold(seen.demand, metrics):
        return Verdict.FAIL
    return Verdict.PASS if enough is not None and seen.total.requests >= enough else Verdict.INCONCLUSIVE


def _enough(seen: Latencies, metrics: int) -> int | None:
    """As many answers as it takes for the quantile that needs most; None where the buckets are too coarse for any number."""
    live = seen.total.live
    if live.requests and crowd(live) > CROWD:
        return None
    return max(_needed(seen, share, metrics) for share in QUANTILES)


def _needed(seen: Latencies, share: float, metrics: int) -> int:
    """Until a rise of the odds of a slow answer has been found at this quantile."""
    slow = _slow(seen.total, seen.total, share)
    base = (slow.live.bad + 0.5) / (slow.live.requests + 1) if slow.requests else 1 - share
    start = max(base, FEW)
    odds = seen.demand.slower * start / (1 - start)
    part = (seen.total.canary.requests + 0.5) / (seen.total.requests + 1)
    rise = (base, odds / (1 + odds))
    return answers(seen.demand, rise, part, threshold(seen.demand, metrics), len(RATIOS) * len(QUANTILES))


def _told(seen: Latencies, verdict: Verdict, enough: int | None) -> str:
    sides = f"{_side(seen.total.canary)} of the canary, {_side(seen.total.live)} of the live side"
    if verdict is Verdict.FAIL:
        return f"{sides}; {_slowest(seen)}"
    if verdict is Verdict.PASS:
        return sides
    if enough is None:
        return (
            f"{sides}; {crowd(seen.total.live):.0%} of the live side's answers are in one bucket of those that both sides "
            "have, so a rise could not be seen: use finer buckets"
        )
    return f"{sides}; {max(1, enough - seen.total.requests)} more answers are needed for a verdict"


def _side(times: Histogram) -> str:
    if not times.requests:
        return "no answers"
    told = ", ".join(f"{label(share)} {in_words(quantile(times, share))}" for share in QUANTILES)
    return f"{told} in {times.requests} answers"


def _slowest(seen: Latencies) -> str:
    """The bound at which most speaks against the canary."""
    logs = [one.log for one in seen.evidence]
    share = QUANTILES[logs.index(max(logs))]
    bound, slow = nearest(pooled(seen.total), share), _slow(seen.total, seen.total, share)
    sides = f"{_part(slow.canary)} of the canary's answers and {_part(slow.live)} of the live side's"
    return f"longer than {in_words(bound)} took {sides}"


def _part(count: Count) -> str:
    return "none" if count.share is None else f"{count.share:.2%}"


def in_words(seconds: float | None) -> str:
    """A time as people compare it."""
    if seconds is None:
        return "unknown"
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
