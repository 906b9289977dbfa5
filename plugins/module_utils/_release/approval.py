# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a person lets a run go on, or ends it. One document says what is waited for, and what somebody decided."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._core.errors import InvalidInput, NotFound, Refused
from .._core.text import moment, reason, shown
from .model import Journal

PROMOTE, ABORT = "promote", "abort"


@dataclass(frozen=True)
class Approval:
    """What a run waits for, if it has a ``phase``, until when, and what was decided; times are seconds since the epoch.

    With ``another`` whoever started the run cannot promote it.
    """

    run: str
    phase: str = ""
    until: float = 0.0
    another: bool = False
    decision: str = ""
    who: str = ""
    why: str = ""
    when: float = 0.0

    def is_about(self, run: str, phase: str) -> bool:
        """Whether this was decided of the phase; who aborts a run speaks of all that is to come."""
        return self.run == run and (self.decision == ABORT or bool(self.decision and self.phase == phase))

    @property
    def told(self) -> str:
        return f"{'promoted' if self.decision == PROMOTE else 'aborted'} by {self.who}: {self.why}"


@dataclass(frozen=True)
class Decision:
    """What somebody decides, and why."""

    decision: str
    who: str
    why: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "why", reason(self.why))
        if not self.who.isprintable() or not 1 <= len(self.who.strip()) <= 100:
            raise InvalidInput(f"{shown(self.who)} is nobody: a name of 1 to 100 printable characters is written down")


def decided(wanted: Decision, approval: Approval | None, journal: Journal | None, *, is_watched: bool, now: float) -> Approval:
    """The document with the decision in it; raises ``NotFound`` or ``Refused`` where it would change nothing."""
    if journal is None:
        raise NotFound(f"no run is under way, so there is nothing to {wanted.decision}")
    if not is_watched:
        raise Refused(
            f"the run of {journal.release} was interrupted, and nobody would hear it: deploy again to go on, or run recover to "
            "undo"
        )
    found = approval if approval and approval.run == journal.run else Approval(journal.run)
    if found.decision == ABORT:
        raise Refused(f"{journal.release} was {found.told}, at {moment(found.when)}")
    if wanted.decision == PROMOTE:
        _demand_promotable(wanted, found, journal, now)
    return replace(found, decision=wanted.decision, who=wanted.who, why=wanted.why, when=now)


def _demand_promotable(wanted: Decision, found: Approval, journal: Journal, now: float) -> None:
    if not found.phase or found.decision or now > found.until:
        raise Refused(f"the run of {journal.release} does not wait for anybody now; only abort is heard at any time")
    if found.another and wanted.who == journal.who:
        raise Refused(f"{journal.who} started the run of {journal.release}: somebody else must promote it")
