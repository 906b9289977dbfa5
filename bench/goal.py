# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A goal as the table words it, such as ``0.25x; 5 s or less`` or ``1.05x + 2 s``, and whether medians meet it."""

from __future__ import annotations

import re

PART = re.compile(
    r"(?P<below>below )?(?P<number>[\d,.]+)(?P<ratio>x)?( \+ (?P<plus>[\d.]+) s)?(?P<faster> faster)?(?P<more>.* or more)?"
)
NONE = "-"
"""What is shown without a goal."""


def is_met(goal: str, ours: float, ratio: float | None) -> bool:
    """Whether every part holds: ``0.25x`` and ``25x faster`` bound the ratio, ``5 s or less`` and ``9 or more`` our figure."""
    return all(_holds(part.strip(), ours, ratio) for part in goal.split(";"))


def _holds(part: str, ours: float, ratio: float | None) -> bool:
    if part == "faster":
        return _ratio(part, ratio) < 1
    found = PART.match(part)
    if not found:
        raise ValueError(f"the goal {part!r} has no number: say it like 0.25x, 5 s or less, 9 or more")
    limit = float(found["number"].replace(",", ""))
    if found["more"]:
        return ours >= limit
    figure = _ratio(part, ratio) if found["ratio"] else ours
    limit = 1 / limit if found["faster"] else limit
    if found["plus"]:  # seconds, of the peer that takes ours by the ratio
        limit += float(found["plus"]) * _ratio(part, ratio) / ours
    return figure < limit if found["below"] else figure <= limit


def _ratio(part: str, ratio: float | None) -> float:
    if ratio is None:
        raise ValueError(f"the goal {part!r} bounds a ratio, and the row has no peer")
    return ratio
