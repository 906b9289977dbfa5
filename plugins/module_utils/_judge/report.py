# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was seen of a canary, in the words of a module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._core.verdict import Verdict
from .model import CanaryWorse, Compared, Count, NotProven
from .verdict import Comparison
from .watch import Sight, judged, verdict

MOST_POINTS = 500
"""Of a timeline, which is for plots."""


def report(sights: Sequence[Sight], stale: float) -> Mapping[str, Any]:
    """The last look with its verdicts, and all looks as a timeline."""
    last = sights[-1]
    results = zip(last.watched, judged(last, stale), strict=True)
    every = -(-len(sights) // MOST_POINTS)
    return {
        "verdict": str(verdict(last, stale)),
        "metrics": [_metric(result, critical=one.metric.critical) for one, result in results],
        "seconds": round(last.at, 3),
        "looks": len(sights) - 1,
        "timeline": [_point(sight) for sight in sights[1::every]],
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
        "bound_ms": None if result.bound is None else round(result.bound * 1000, 3),
        "chance": float(f"{result.chance:.2g}"),
        "needed": result.needed,
        "told": result.told,
    }


def _count(count: Count) -> dict[str, int]:
    return {"requests": count.requests, "bad": count.bad}


def _point(sight: Sight) -> dict[str, Any]:
    return {"at": round(sight.at, 1), "metrics": {one.metric.name: _totals(one.comparison) for one in sight.watched}}


def _totals(seen: Comparison) -> dict[str, list[list[int]]]:
    """For each bound, answers and bad ones so far, of either side."""
    return {
        side: [[getattr(total, side).requests, getattr(total, side).bad] for total in seen.totals] for side in ("canary", "live")
    }
