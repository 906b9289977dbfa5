# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One operation as a report tells it, and an environment as its index does. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Gate:
    """A phase that was judged at a moment; ``numbers`` are those of a canary, as canary_check returns them."""

    phase: str
    verdict: str
    why: str
    at: float
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """What was asked, what became of it, and what serves now; ``now`` and ``before`` are release ids, "" for nothing."""

    environment: str
    run: str
    verb: str
    asked: str
    who: str
    started: float
    ended: float
    verdict: str
    why: str
    before: str
    now: str
    gates: tuple[Gate, ...] = ()

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def sentence(self) -> str:
        """What an on-call engineer needs first."""
        if self.verdict == "pass":
            return f"{self.asked} serves."
        serves = f"{self.now} serves." if self.now else "Going back is not complete: run rollback without a version."
        return f"{self.asked} did not pass ({self.verdict}): {self.why}. {serves}"


@dataclass(frozen=True)
class Line:
    """One operation in an index; ``fate`` is what is known of the release today, and ``report`` the file that tells of it."""

    when: float
    verb: str
    asked: str
    who: str
    verdict: str
    why: str
    seconds: float
    fate: str
    report: str


@dataclass(frozen=True)
class Four:
    """DORA's four key metrics over so many ``days``; durations in seconds, None where there is nothing to count.

    Source: Forsgren, Humble, Kim: Accelerate, 2018, and dora.dev. ``lead_time`` is from the first attempt to bring a release
    into service here to its first success, since nobody here knows when its code was written.
    """

    days: float
    deploys: int
    a_week: float
    lead_time: float | None
    failures: float | None
    restore: float | None
