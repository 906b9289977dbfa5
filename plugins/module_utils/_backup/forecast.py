# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a recovery will take, from those that were measured before.

Small databases are slower for each byte than large ones, so the ones nearest in size count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log
from statistics import median

NEAREST = 3
RECENT = 30
"""Older measurements may be those of another machine."""


@dataclass(frozen=True)
class Measured:
    """One recovery: bytes of the database, segments replayed, seconds for each part. ``other_s`` is to start, check and stop."""

    bytes: int
    segments: int
    restore_s: float
    replay_s: float
    other_s: float = 0.0


@dataclass(frozen=True)
class Forecast:
    """Seconds, and on how many measurements they stand."""

    restore_s: float
    replay_s: float
    other_s: float
    measurements: int

    @property
    def seconds(self) -> float:
        return self.restore_s + self.replay_s + self.other_s


def forecast(size: int, segments: int, before: Sequence[Measured]) -> Forecast | None:
    """What to expect, or None where nothing was measured yet."""
    recent = [one for one in before if one.bytes > 0][-RECENT:]
    if not recent:
        return None
    alike = nearest(recent, lambda one: one.bytes, size)
    replayed = nearest([one for one in recent if one.segments > 0], lambda one: one.segments, max(1, segments))
    return Forecast(
        restore_s=size * median(one.restore_s / one.bytes for one in alike),
        replay_s=segments * median([one.replay_s / one.segments for one in replayed] or [0.0]),
        other_s=median(one.other_s for one in alike),
        measurements=len(recent),
    )


def nearest(among: Iterable[Measured], measure: Callable[[Measured], float], wanted: float) -> list[Measured]:
    """The few whose measure is nearest as a ratio; of equals the newest."""
    newest_first = list(among)[::-1]
    return sorted(newest_first, key=lambda one: round(abs(log(measure(one) / max(1, wanted))), 1))[:NEAREST]
