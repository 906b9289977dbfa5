# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what both sides answered to a verdict on the canary. No data is never a pass.

fail          the canary is worse; a good one comes to look so bad with a probability of ``false_alarms`` at most
pass          nothing like it was found, and a rise worth finding would have been, with the probability ``power``
inconclusive  too few answers for either
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from .._core.verdict import Verdict
from .evidence import Evidence, joined
from .model import Block, Compared, Count, Demand
from .power import bar, needed

NOTHING = Block(Count(), Count())
Blocks = tuple[Block, ...]


@dataclass(frozen=True)
class Comparison:
    """One metric under watch: what was answered at each of its bounds, and what speaks against the canary.

    Errors have one bound; latencies several, in seconds, and an answer is bad at each that it is slower than. ``worst`` is the
    logarithm of the most that ever spoke against the canary.
    """

    metric: str
    demand: Demand
    bounds: tuple[float, ...]
    totals: Blocks
    evidences: tuple[Evidence, ...]
    worst: float = 0.0

    def after(self, blocks: Blocks) -> Comparison:
        """With what was answered since; one block for each bound."""
        totals = tuple(total + block for total, block in zip(self.totals, blocks, strict=True))
        evidences = tuple(known.after(block) for known, block in zip(self.evidences, blocks, strict=True))
        return replace(self, totals=totals, evidences=evidences, worst=max(self.worst, joined(evidences)))


def comparison(metric: str, demand: Demand, bounds: Iterable[float] = (math.inf,)) -> Comparison:
    """A watch that has seen nothing yet."""
    known = tuple(bounds)
    evidence = Evidence(tolerance=demand.tolerance)
    return Comparison(metric, demand, known, (NOTHING,) * len(known), (evidence,) * len(known))


def compared(seen: Comparison, metrics: int = 1) -> Compared:
    """The verdict on one of so many metrics that are watched at once, told at the bound that speaks most against the canary."""
    at = max(range(len(seen.bounds)), key=lambda n: joined((seen.evidences[n],)))
    total = seen.totals[at]
    enough = _enough(seen.demand, total, metrics)
    verdict = _verdict(seen, total, enough, metrics)
    return Compared(
        metric=seen.metric,
        verdict=verdict,
        canary=total.canary,
        live=total.live,
        bound=None if math.isinf(seen.bounds[at]) else seen.bounds[at],
        chance=min(1.0, math.exp(-seen.worst)),
        needed=enough,
        told=_told(total, seen.bounds[at], verdict, enough),
    )


def _verdict(seen: Comparison, total: Block, enough: int, metrics: int) -> Verdict:
    if seen.worst >= bar(seen.demand, metrics):
        return Verdict.FAIL
    answers = total.canary.requests + total.live.requests
    return Verdict.PASS if answers >= enough else Verdict.INCONCLUSIVE


def _enough(demand: Demand, total: Block, metrics: int) -> int:
    """As many answers as it takes at the rate of bad ones that the live side has, and at the shares of traffic that there are."""
    live, answers = total.live, total.canary.requests + total.live.requests
    base = (live.bad + 0.5) / (live.requests + 1)
    share = (total.canary.requests + 0.5) / (answers + 1)
    return needed(demand, min(base, 1 - demand.detects), share, metrics)


def _told(total: Block, bound: float, verdict: Verdict, enough: int) -> str:
    what = "bad" if math.isinf(bound) else f"slower than {bound * 1000:g} ms"
    sides = f"{_side(total.canary, what)} of the canary, {_side(total.live, what)} of the live side"
    missing = enough - total.canary.requests - total.live.requests
    return sides if verdict is not Verdict.INCONCLUSIVE else f"{sides}; {missing} more answers are needed for a verdict"


def _side(count: Count, what: str) -> str:
    share = "no answers" if count.share is None else f"{count.share:.2%}"
    return f"{count.bad} of {count.requests} {what} ({share})"
