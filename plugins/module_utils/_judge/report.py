# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was seen of a canary, in the words of a module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import Failed
from .._core.verdict import Verdict
from .histogram import summary
from .model import Compared, Count, NotProven
from .watch import Metric, Sight, judged, verdict

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
            totals = {one.metric.name: one.comparison.totals() for one in sight.watched}
            self.points.append({"at": round(sight.at, 1), "metrics": totals})
        self.looks += 1
        if len(self.points) > MOST_POINTS:
            self.points = self.points[::2]
            self._every *= 2


def report(last: Sight, timeline: Timeline, stale: float) -> Mapping[str, Any]:
    """The last look with its verdicts and a sentence for people, and the timeline."""
    of_all, results = verdict(last, stale), zip(last.watched, judged(last, stale), strict=True)
    metrics = [_metric(result, one.metric) for one, result in results]
    return {
        "verdict": str(of_all),
        "told": _in_words(of_all, metrics),
        "metrics": metrics,
        "seconds": round(last.at, 3),
        "looks": timeline.looks,
        "timeline": timeline.points,
    }


def demand_pass(told: Mapping[str, Any], at_fault: type[Failed]) -> None:
    """Raise ``at_fault`` if the check failed, and ``NotProven`` if it found nothing, unless it passed."""
    if told["verdict"] != Verdict.PASS:
        raise (at_fault if told["verdict"] == Verdict.FAIL else NotProven)(told["told"], **told)


def _in_words(of_all: Verdict, metrics: list[dict[str, Any]]) -> str:
    what = {
        Verdict.PASS: "does as well as the live side",
        Verdict.FAIL: "does worse than the live side",
        Verdict.INCONCLUSIVE: "could not be proven to do as well as the live side",
    }[of_all]
    counted = [one for one in metrics if one["critical"] and not one["dry_run"]]
    decisive = [f"{one['name']}: {one['told']}" for one in counted if one["verdict"] == of_all]
    return f"the canary {what}: {'; '.join(decisive)}"


def _metric(result: Compared, metric: Metric) -> dict[str, Any]:
    times = result.times
    return {
        "name": result.metric,
        "kind": "latency" if times else "errors",
        "critical": metric.critical,
        "dry_run": metric.dry_run,
        "verdict": str(result.verdict),
        "canary": summary(times.canary) if times else _count(result.canary),
        "live": summary(times.live) if times else _count(result.live),
        "chance": float(f"{result.chance:.2g}"),
        "needed": result.needed,
        "told": f"dry run, the verdict would be {result.verdict}: {result.told}" if metric.dry_run else result.told,
    }


def _count(count: Count) -> dict[str, int]:
    return {"requests": count.requests, "bad": count.bad}
