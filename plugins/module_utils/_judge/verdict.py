# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what both sides answered to a verdict on the canary. No data is never a pass.

fail          the canary is worse; a good one comes to look so bad with a probability of ``false_alarms`` at most
pass          nothing like it was found, and a rise worth finding would have been, with the probability ``power``
inconclusive  too few answers for either
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from .._core.verdict import Verdict
from .counters import between, remembered
from .evidence import Evidence
from .model import Block, Compared, Count, Demand, Sides, Spread
from .power import needed, threshold

B = TypeVar("B", Block, Spread)

LEAST = 5
"""Answers of each side in a block. Fewer tell little of a rate, and one side alone tells nothing: such a block stays open."""

SCRAPES = 3
"""Of each target in a block, where targets are scraped one after the other: a third of it at most is of another time."""

BLOCKS = 2.5
"""A canary is failed by so many blocks at least, where they have such edges: what falls over one edge is never enough."""

NOTHING = Block(Count(), Count())


@dataclass(frozen=True)
class Comparison:
    """One metric under watch: what was bet on, block by block, and what speaks against the canary.

    ``open`` holds what is not bet on yet, by where it was counted: routers that share their traffic differently must not be
    mixed. When a block is closed depends on how many answers it has, and never on how many of them were bad. ``worst`` is the
    logarithm of the most that ever spoke against the canary. What was ``scraped`` was not counted as of one moment.
    """

    metric: str
    demand: Demand
    total: Block = NOTHING
    open: Mapping[str, Block] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    worst: float = 0.0
    scraped: bool = False

    def after(self, blocks: Mapping[str, Block]) -> Comparison:
        """With what was answered since, by where it was counted."""
        full, left = closed(self.open, blocks, NOTHING, scraped=self.scraped)
        total, evidence = self.total, self.evidence
        for block in full:
            total, evidence = total + block, evidence.after(block, most(self.demand) if self.scraped else math.inf)
        return replace(self, total=total, open=left, evidence=evidence, worst=max(self.worst, evidence.log))

    def between(self, before: Sides, now: Sides) -> Block:
        """What both sides answered between two looks."""
        return Block(between(before[0], now[0]), between(before[1], now[1]))

    def remembered(self, before: Sides, now: Sides) -> Sides:
        """What the next look is compared with."""
        return remembered(before[0], now[0]), remembered(before[1], now[1])

    def compared(self, metrics: int = 1) -> Compared:
        """The verdict on one of so many metrics that are watched at once."""
        return compared(self, metrics)

    def totals(self) -> dict[str, list[int]]:
        """Answers and bad ones so far, by side."""
        sides = {"canary": self.total.canary, "live": self.total.live}
        return {name: [count.requests, count.bad] for name, count in sides.items()}


def closed(open_: Mapping[str, B], more: Mapping[str, B], nothing: B, *, scraped: bool) -> tuple[list[B], dict[str, B]]:
    """The blocks that are full now, and those that stay open, by where they were counted."""
    pending = {place: open_.get(place, nothing) + block for place, block in more.items()}
    kept = {place: block for place, block in open_.items() if place not in more}
    left = {place: block for place, block in pending.items() if not _is_full(block, SCRAPES if scraped else 0)}
    return [block for place, block in pending.items() if place not in left], {**kept, **left}


def most(demand: Demand) -> float:
    """By how much a bet may grow in a block with edges."""
    return threshold(demand) / BLOCKS


def compared(seen: Comparison, metrics: int = 1) -> Compared:
    """The verdict on one of so many metrics that are watched at once."""
    enough = _enough(seen.demand, seen.total, metrics)
    verdict = _verdict(seen, enough, metrics)
    return Compared(
        metric=seen.metric,
        verdict=verdict,
        canary=seen.total.canary,
        live=seen.total.live,
        chance=min(1.0, math.exp(-seen.worst)),
        needed=enough,
        told=_told(seen.total, verdict, enough),
    )


def _is_full(block: Block | Spread, scrapes: int) -> bool:
    sides = (block.canary, block.live)
    return all(side.requests >= LEAST and side.scrapes >= scrapes for side in sides)


def _verdict(seen: Comparison, enough: int | None, metrics: int) -> Verdict:
    if seen.worst >= threshold(seen.demand, metrics):
        return Verdict.FAIL
    return Verdict.PASS if enough is not None and seen.total.requests >= enough else Verdict.INCONCLUSIVE


def _enough(demand: Demand, total: Block, metrics: int) -> int | None:
    """As many answers as it takes at the rate of bad ones that the live side has; None where a rise would not be seen."""
    base = (total.live.bad + 0.5) / (total.live.requests + 1)
    if base + demand.detects >= 1:
        return None
    return needed(demand, base, (total.canary.requests + 0.5) / (total.requests + 1), metrics)


def _told(total: Block, verdict: Verdict, enough: int | None) -> str:
    sides = f"{_side(total.canary)} of the canary, {_side(total.live)} of the live side"
    if verdict is not Verdict.INCONCLUSIVE:
        return sides
    if enough is None:
        return f"{sides}; with so many bad answers of the live side a rise could not be seen"
    return f"{sides}; {enough - total.requests} more answers are needed for a verdict"


def _side(count: Count) -> str:
    share = "no answers" if count.share is None else f"{count.share:.2%}"
    return f"{count.bad} of {count.requests} bad ({share})"
