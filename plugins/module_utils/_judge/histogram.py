# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be said of how long answers took, where it is only known how many took no longer than some bounds."""

from __future__ import annotations

import math
from itertools import pairwise

from .model import Histogram

QUANTILES = (0.5, 0.9, 0.99)
"""The usual answer, the slow ones, and the tail that hurts."""

CROWD = 0.95
"""The share of answers in one bucket from which on the histogram is too coarse to tell sides apart."""


def label(quantile: float) -> str:
    """Such as p99."""
    return f"p{100 * quantile:g}"


def quantile(answers: Histogram, share: float) -> float | None:
    """The time in seconds that this share of the answers took at most, as Prometheus' histogram_quantile estimates it.

    Within a bucket answers are taken to be spread evenly. Of one in the last bucket, which has no end, the begin is told.
    """
    if not answers.requests or not answers.within:
        return None
    rank = share * answers.requests
    for (below, before), (bound, count) in pairwise([(0.0, 0), *answers.within.items()]):
        if count >= rank:
            return bound if bound <= 0 else below + (bound - below) * (rank - before) / (count - before)
    return max(answers.within)


def summary(answers: Histogram) -> dict[str, float | None]:
    """How many answers there were, and their quantiles in seconds, to a thousandth of themselves."""
    times = {label(share): quantile(answers, share) for share in QUANTILES}
    return {"requests": answers.requests, **{name: None if at is None else float(f"{at:.4g}") for name, at in times.items()}}


def crowd(answers: Histogram) -> float:
    """The largest share of the answers that fell into one bucket, the last one included."""
    counts = [0, *answers.within.values(), answers.requests]
    return max(now - before for before, now in pairwise(counts)) / answers.requests if answers.requests else 1.0


def nearest(answers: Histogram, share: float) -> float | None:
    """The bound that parts the answers most nearly as the quantile would; None where none parts them.

    Measured by the odds of being slower. The first bound above the median may lie far in the tail of a coarse histogram.
    """
    parts = {
        bound: _log_odds(within / answers.requests) for bound, within in answers.within.items() if 0 < within < answers.requests
    }
    wanted = _log_odds(share)
    return min(parts, key=lambda bound: abs(parts[bound] - wanted), default=None)


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))
