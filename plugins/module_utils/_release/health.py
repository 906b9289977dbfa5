# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking endpoints for a judge: whether they become well, whether they stay so, whether they are to blame."""

from __future__ import annotations

from collections.abc import Sequence

from .._core.wait import Pace
from .._health.check import check_all, stay_well
from .._health.model import Endpoint, Policy
from . import verdict
from .model import PASS
from .verdict import Verdict

SOON_S, INTERVAL_S = 0.1, 0.25
JITTER_S = 0.02


def judged(endpoints: Sequence[Endpoint], healthy: int, deadline: float, bake: float) -> Verdict:
    """Every endpoint must become well within the deadline, and then stay so for as long as it bakes, in seconds."""
    became = verdict.of_endpoints(check_all(endpoints, Policy(healthy, deadline, SOON_S, JITTER_S)))
    if became.verdict != PASS or not bake:
        return became
    return verdict.of_endpoints(stay_well(endpoints, Pace(bake, INTERVAL_S)))


def excused(blamed: Verdict, dependencies: Sequence[Endpoint]) -> Verdict:
    """The verdict after a look at what the release depends on."""
    if not blamed.blames_release or not dependencies:
        return blamed
    return verdict.excused(blamed, check_all(dependencies, Policy(1, 0, INTERVAL_S, 0)))
