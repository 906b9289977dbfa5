# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was seen of a canary, in the words of a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.verdict import Verdict
from .model import CanaryWorse, Compared, Count, NotProven
from .watch import Sight, Watched, judged, verdict

MOST_POINTS = 500
"""Of a timeline, which is for plots."""


class Timeline:
    """Answers and bad ones over time; each time that it is full, every other point goes, and the next come half as often."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []
        self.looks = 0
        self._every = 1

    def keep(self, sight: Sight) -> None:
        if self.looks % self._every == 0:
            self.points.append({"at": round(sight.at, 1), "metrics": {one.metric.name: _totals(one) for one in sight.watched}})
        self.looks += 1
        if len(self.points) > MOST_POINTS:
            self.points = self.points[::2]
            self._every *= 2


def report(last: Sight, timeline: Timeline, stale: float) -> Mapping[str, Any]:
    """The last look with its verdicts, and the timeline."""
    results = zip(last.watched, judged(last, stale), strict=True)
    return {
        "verdict": str(verdict(last, stale)),
        "metrics": [_metric(result, critical=one.metric.critical) for one, result in results],
        "seconds": round(last.at, 3),
        "looks": timeline.looks,
        "timeline": timeline.points,
    }


def demand_pass(told: Mapping[str, Any]) -> None:
    """Raise ``CanaryWorse``, or ``NotProven`` if nothing was found against it, unless every critical metric passed."""
    if told["verdict"] == Verdict.PASS:
        return
    kind = CanaryWorse if told["verdict"] == Verdict.FAIL else NotProven
    what = "does worse than the live side" if kind is CanaryWorse else "could not be proven to do as well as the live side"
    bad = [one for one in told["metrics"] if one["critical"] and one["verdict"] == told["verdict"]]
    why = "; ".join(f"{one['name']}: {one['told']}" for one in bad)
    raise kind(f"the canary {what}: {why}", **told)


def _metric(result: Compared, *, critical: bool) -> dict[str, Any]:
    return {
        "name": result.metric,
        "critical": critical,
        "verdict": str(result.verdict),
        "canary": _count(result.canary),
        "live": _count(result.live),
        "chance": float(f"{result.chance:.2g}"),
        "needed": result.needed,
        "told": result.told,
    }


def _count(count: Count) -> dict[str, int]:
    return {"requests": count.requests, "bad": count.bad}


def _totals(one: Watched) -> dict[str, list[int]]:
    total = one.comparison.total
    return {"canary": [total.canary.requests, total.canary.bad], "live": [total.live.requests, total.live.bad]}
