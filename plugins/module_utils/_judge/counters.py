# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From counters that were looked at twice to what was answered between the looks."""

from __future__ import annotations

import math

from .model import Count, Counters, Seen


def between(before: Seen, now: Seen) -> Count:
    """What was answered between two looks, and what of it was bad."""
    requests = moved(before.requests, now.requests)
    return Count(requests, min(requests, moved(before.bad, now.bad)), now.scrapes - before.scrapes)


def moved(before: Counters, now: Counters) -> int:
    """By how much the counters grew; one that shrank was started again, and one that was not there tells where to count from."""
    return round(math.fsum(_grown(before[labels], value) for labels, value in now.items() if labels in before))


def remembered(before: Seen, now: Seen) -> Seen:
    """What the next look is compared with: a series that is missing from one look goes on in the next from where it was."""
    return Seen({**before.requests, **now.requests}, {**before.bad, **now.bad}, now.scrapes)


def _grown(before: float, now: float) -> float:
    return now - before if now >= before else now
