# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A verification of backups by restoring one: what is wanted, and what is to be thought of what was seen.

Failed
└── BackupNotSound       the backups did not stand the test
TimedOut
└── BackupUnproven       nothing speaks against the backups, but something could not be looked at
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .._core.errors import Failed, TimedOut
from .._core.text import NAME, moment, within
from .._core.verdict import Verdict
from .checks import Check, Checked
from .model import FILE
from .restoration import Source
from .target import Target

LONGEST_S = 30 * 86400.0
NEWEST = Target()


class BackupNotSound(Failed):
    """The backups did not stand the test."""


class BackupUnproven(TimedOut):
    """Nothing speaks against the backups, but something could not be looked at."""


@dataclass(frozen=True)
class Verification:
    """What is wanted; times are seconds, ``workspace`` is "" for beside the cluster's data."""

    source: Source
    environment: str
    checks: tuple[Check, ...] = ()
    workspace: str = ""
    directory: str = "/var/lib/mainstay"
    rpo: float = 300.0
    rto: float = 3600.0
    jobs: int = 1
    thorough: bool = True
    files: bool = True
    aim: Target = NEWEST

    def __post_init__(self) -> None:
        NAME.check(self.environment)
        for path in (self.workspace, self.directory):
            if path:
                FILE.check(path)
        within("rpo in seconds", self.rpo, 1, LONGEST_S)
        within("rto in seconds", self.rto, 1, LONGEST_S)
        within("number of jobs", self.jobs, 1, 256)


def recovery_point(target: float, newest: float | None, began: float, waited: float | None) -> tuple[float | None, Checked]:
    """How much would have been lost: with a canary what it waited for the archive, or the age of the newest that came back.

    Without one, an old newest transaction may also mean that nobody wrote.
    """
    age = max(0.0, began - newest) if newest is not None else None
    lost = waited if age is None else max(age, waited or 0.0)
    if lost is None:
        return None, Checked("rpo", Verdict.INCONCLUSIVE, "no transaction was recovered: give a canary")
    newest_said = f"the newest transaction is of {moment(newest)}" if newest is not None else "no transaction was recovered"
    if lost <= target:
        return lost, Checked("rpo", Verdict.PASS, f"{lost:.1f} s of {target:g} s; {newest_said}")
    verdict = Verdict.INCONCLUSIVE if waited is None else Verdict.FAIL
    return lost, Checked("rpo", verdict, f"{lost:.1f} s, more than {target:g} s; {newest_said}")


def recovery_time(target: float, seconds: Mapping[str, float]) -> tuple[float, Checked]:
    """From the first byte restored to a server that answered the application's questions."""
    taken = seconds["restore"] + seconds["recover"]
    verdict = Verdict.PASS if taken <= target else Verdict.FAIL
    parts = f"restored in {seconds['restore']:.1f} s, replayed in {seconds['replay']:.1f} s"
    return taken, Checked("rto", verdict, f"{taken:.1f} s of {target:g} s; {parts}")


def against(checked: Iterable[Checked]) -> str:
    """What was not passed, in one line."""
    return "; ".join(f"{one.name}: {one.message}" for one in checked if one.verdict is not Verdict.PASS)
