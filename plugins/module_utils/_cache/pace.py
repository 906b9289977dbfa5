# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many keys a slice looks at, so that no other client waits long behind it.

A slice holds up the whole server while it runs, so its length is what other clients feel. The count follows the time that
slices take: halved as soon as one is too long, raised slowly while they are short (additive increase, multiplicative
decrease: Chiu and Jain, 1989).
"""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 0.002
"""Seconds of a slice; two and a half of them fit into the 5 ms that other clients are promised."""
FEWEST, START, MOST, MORE = 50, 500, 1000, 50


@dataclass(frozen=True)
class Stride:
    """How many keys the next slice looks at, and how long a round trip takes without any work, in seconds."""

    round_trip: float
    count: int = START

    def after(self, took: float) -> Stride:
        """The stride for the next slice, after one that took so many seconds, the round trip included."""
        is_long = took - self.round_trip > LONGEST
        count = max(FEWEST, self.count // 2) if is_long else min(MOST, self.count + MORE)
        return Stride(min(self.round_trip, took), count)
