# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a goal of the table means."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.bench.goal import is_met

CASES = {
    "a ratio is met at its limit": ("0.35x", 9.0, 0.35, True),
    "a ratio above its limit is missed": ("0.35x", 9.0, 0.36, False),
    "a ratio may be worded with or less": ("1.5x or less", 9.0, 1.5, True),
    "below a ratio means less than it": ("below 1.0x", 9.0, 1.0, False),
    "so many times faster bounds the ratio from above": ("25x faster: 0.04x", 9.0, 0.041, False),
    "faster means a ratio below one": ("faster", 9.0, 0.99, True),
    "an absolute figure bounds our own side": ("150 ms or less", 151.0, 0.1, False),
    "at least so many is met by more": ("550,000 or more", 550_001.0, None, True),
    "at least so many is missed by less": ("550,000 or more", 549_999.0, None, False),
    "none may fail": ("0 or less", 1.0, None, False),
    "some seconds more may be granted": ("1.05x + 2 s", 12.5, 1.25, True),
    "and no more than that": ("1.05x + 2 s", 12.6, 1.26, False),
    "of two parts both must hold": ("0.25x; 5 s or less", 5.1, 0.2, False),
    "two parts that hold are met": ("0.25x; 5 s or less", 5.0, 0.25, True),
}


@pytest.mark.parametrize(("goal", "ours", "ratio", "met"), CASES.values(), ids=CASES)
def test_goal(goal: str, ours: float, ratio: float | None, met: bool) -> None:
    assert is_met(goal, ours, ratio) is met


@pytest.mark.parametrize(("goal", "says"), [("soon", "no number"), ("0.5x", "has no peer")])
def test_a_goal_that_cannot_be_judged_says_why(goal: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        is_met(goal, 1.0, None)
