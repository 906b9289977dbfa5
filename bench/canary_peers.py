# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two peers of the canary's check, set up as their documentation does it: after how many seconds they know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import batched
from statistics import NormalDist

MINUTE = 60
Second = tuple[int, int]


def at_every_interval(seconds: Sequence[Second], each: int) -> float:
    """Flagger's analysis (docs.flagger.app/usage/how-it-works): interval 1m, threshold 5, request-success-rate at least 99."""
    failed = 0
    for minute, answers in enumerate(batched(seconds, MINUTE), 1):
        errors = sum(canary for canary, _live in answers)
        failed += 100 * (1 - errors / (each * len(answers))) < 99
        if failed == 5:
            return float(minute * MINUTE)
    return float(len(seconds))


def at_the_end(seconds: Sequence[Second], _each: int) -> float:
    """Kayenta's judge (spinnaker.io/guides/user/canary/judge): one verdict, over the 50 points that its guide asks for."""
    points = [tuple(map(sum, zip(*minute, strict=True))) for minute in batched(seconds, MINUTE)][:50]
    canary, live = zip(*points, strict=True)
    return float(50 * MINUTE if is_higher(canary, live) else len(seconds))


def is_higher(canary: Sequence[float], live: Sequence[float], confidence: float = 0.98) -> bool:
    """Mann and Whitney's test with the normal approximation and its correction for ties; the judge's confidence is 98 %."""
    wins = sum((mine > theirs) + 0.5 * (mine == theirs) for mine in canary for theirs in live)
    total, pairs = len(canary) + len(live), len(canary) * len(live)
    both = [*canary, *live]
    ties = sum(both.count(value) ** 3 - both.count(value) for value in set(both))
    spread = math.sqrt(pairs / 12 * (total + 1 - ties / (total * (total - 1))))
    return spread > 0 and NormalDist().cdf((wins - pairs / 2) / spread) > 1 - (1 - confidence) / 2
