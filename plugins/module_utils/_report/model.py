# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One operation as a report tells it, and an environment as its index does. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._core.text import moment


@dataclass(frozen=True)
class Gate:
    """A phase that was judged at a moment; ``numbers`` are those of a canary, as canary_check returns them.

    ``last_words`` are what replicas wrote last: host, replica, container and lines. ``share`` is the percentage of the traffic
    that a canary had, 0 where there was none. ``accepted`` are the rules that migrations break on purpose: file, line, rule and
    reason of each.
    """

    phase: str
    verdict: str
    why: str
    at: float
    numbers: Mapping[str, Any] = field(default_factory=dict)
    last_words: Sequence[Mapping[str, Any]] = ()
    share: int = 0
    accepted: Sequence[Mapping[str, Any]] = ()


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
    override: str = ""

    @property
    def last_words(self) -> list[Mapping[str, Any]]:
        """Those of each replica once: a replica that failed is told again when it is stopped."""
        heard = [words for gate in self.gates for words in gate.last_words]
        return list({(words["host"], words["container"]): words for words in reversed(heard)}.values())[::-1]

    @property
    def accepted(self) -> list[Mapping[str, Any]]:
        return [one for gate in self.gates for one in gate.accepted]

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def sentence(self) -> str:
        """What an on-call engineer needs first."""
        return " ".join(told for told in (self.outcome, self.reason, self.advice) if told)

    @property
    def outcome(self) -> str:
        """What users get."""
        if self.verdict == "pass":
            return f"{self.asked} serves."
        if self.now:
            return f"{self.asked} did not pass ({self.verdict}). {self.now} serves."
        if not self.before:
            return f"{self.asked} did not pass ({self.verdict}). Nothing served before it."
        return f"{self.asked} did not pass ({self.verdict}). Going back to {self.before} is not complete."

    @property
    def reason(self) -> str:
        if self.verdict == "pass" or not self.why:
            return ""
        return f"Why: {self.why}" + ("" if self.why.rstrip().endswith((".", "!", "?")) else ".")

    @property
    def advice(self) -> str:
        """What to do next."""
        if self.verdict == "pass":
            return ""
        if not self.now and self.before:
            return "Next: run the playbook recover, which goes on going back; status tells what runs where."
        if self.verdict == "fail":
            return "Next: mend what is named, and deploy that as a new version. A release that was at fault itself is refused."
        return "Next: nothing speaks against the release. See to what could not be judged, then run this again."


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


@dataclass(frozen=True)
class Measurement:
    """How much would have been lost and how long a recovery took, in seconds, and what each may be at most; None for unknown."""

    at: float
    point: float | None = None
    time: float | None = None
    point_target: float | None = None
    time_target: float | None = None


@dataclass(frozen=True)
class Doing:
    """One work on the data, such as a backup; ``seconds`` is None where nobody knows when it began."""

    when: float
    verb: str
    host: str
    who: str
    seconds: float | None
    verdict: str
    why: str
    measured: Measurement


@dataclass(frozen=True)
class Recovery:
    """What is known of recovery at the moment ``written``: the last backup that passed, the last verification, what was measured.

    ``measurements`` are oldest first, ``doings`` newest first.
    """

    written: float
    backup: Doing | None = None
    verified: Doing | None = None
    unfinished: tuple[Doing, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    doings: tuple[Doing, ...] = ()

    @property
    def sentence(self) -> str:
        """What somebody needs first who thinks of losing the data."""
        return " ".join((self._backed_up, self._proven, *self._left))

    @property
    def _backed_up(self) -> str:
        if self.backup is None:
            return "No backup that passed is in the ledger."
        return f"The last backup that passed is of {moment(self.backup.when)}, of {self.backup.host}."

    @property
    def _proven(self) -> str:
        done = self.verified
        if done is None:
            return "No backup was ever proven by a restore."
        if done.verdict == "pass":
            return f"A restore proved it last at {moment(done.when)}."
        why = done.why or "not said"
        return f"It is not proven: the last verification, of {moment(done.when)}, came to {done.verdict}. Why: {why.rstrip('.')}."

    @property
    def _left(self) -> list[str]:
        return [f"{one.verb} of {one.host} began at {moment(one.when)} and did not end." for one in self.unfinished]
