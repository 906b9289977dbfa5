# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From counters that were looked at twice to what was answered between the looks."""

from __future__ import annotations

import math

from .._core.errors import Unavailable
from .model import Count, Counters, Labels, Seen

LE = "le"
"""The label of a histogram's bucket: the bound in seconds that its answers were not slower than."""


def between(before: Seen, now: Seen) -> tuple[Count, ...]:
    """What was answered between two looks, and what of it was bad at each bound."""
    requests = moved(before.requests, now.requests)
    pairs = zip(before.bad, now.bad, strict=True)
    return tuple(Count(requests, min(requests, moved(was, is_now))) for was, is_now in pairs)


def moved(before: Counters, now: Counters) -> int:
    """By how much the counters grew; one that shrank was started again, and one that was not there began at nothing."""
    return round(math.fsum(_grown(before.get(labels, 0.0), value) for labels, value in now.items()))


def remembered(before: Seen, now: Seen) -> Seen:
    """What the next look is compared with: a series that is missing from one look must not count from nothing in the next."""
    bad = tuple({**was, **is_now} for was, is_now in zip(before.bad, now.bad, strict=True))
    return Seen({**before.requests, **now.requests}, bad, now.bounds)


def slower(buckets: Counters) -> Seen:
    """A histogram's buckets as counters of the answers that were slower than each bound; raises ``Unavailable`` if it is none."""
    by_bound: dict[float, dict[Labels, float]] = {}
    for labels, value in buckets.items():
        by_bound.setdefault(bound_of(labels), {})[tuple(pair for pair in labels if pair[0] != LE)] = value
    total = by_bound.pop(math.inf, {})
    bounds = tuple(sorted(by_bound))
    if not total or not bounds:
        raise Unavailable(f"a histogram has buckets up to +Inf, and these go to {max(bounds, default=0):g}")
    over = ({labels: all_of - by_bound[at].get(labels, 0.0) for labels, all_of in total.items()} for at in bounds)
    return Seen(total, tuple(over), bounds)


def bound_of(labels: Labels) -> float:
    """The bound of a bucket; raises ``Unavailable`` for a series that is none."""
    try:
        return float(dict(labels)[LE])
    except (KeyError, ValueError):
        raise Unavailable("a series has no bound: the query of a latency keeps the label le, as in sum by (le) (...)") from None


def _grown(before: float, now: float) -> float:
    return now - before if now >= before else now
