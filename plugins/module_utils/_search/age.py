# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the newest good snapshot is young enough."""

from __future__ import annotations

from collections.abc import Iterable

from .._core.text import moment
from .._core.verdict import Verdict
from .model import Snapshot
from .ready import is_good, is_running


def judged(snapshots: Iterable[Snapshot], most: float | None, now: float) -> tuple[Verdict, str]:
    """The verdict and what it rests on; ``most`` is seconds. A newer one that is not good is told, and fails too."""
    ended = sorted((one for one in snapshots if not is_running(one)), key=lambda one: (one.begun, one.name))
    good = [one for one in ended if is_good(one)]
    if not good:
        return Verdict.FAIL, "there is no good snapshot"
    newest, age = good[-1], max(now - good[-1].begun, 0.0)
    told = f"the newest good snapshot is {newest.name} of {moment(newest.begun)}, {age:.0f} s old"
    if ended[-1] is not newest:
        return Verdict.FAIL, f"{told}, and {ended[-1].name} after it is {ended[-1].state}"
    if most is None:
        return Verdict.INCONCLUSIVE, f"{told}; how old it may be was not said"
    return (Verdict.PASS if age <= most else Verdict.FAIL), f"{told}; {most:.0f} s are allowed"
