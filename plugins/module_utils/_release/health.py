# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking endpoints for a judge: whether they become well, whether they stay so, whether they are to blame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event

from .._core.wait import Pace
from .._health.check import check_all, stay_well
from .._health.model import Endpoint, Policy
from .._health.threads import beside
from .._judge.described import Check
from . import verdict
from .model import PASS
from .verdict import Verdict

SOON_S, INTERVAL_S = 0.1, 0.25
JITTER_S = 0.02
LOOKS = 1000
"""At each endpoint while it bakes, at most."""


def become_well(endpoints: Sequence[Endpoint], healthy: int, deadline: float) -> Verdict:
    """Every endpoint must give so many good answers in a row within the deadline, in seconds."""
    if not endpoints:
        return Verdict(PASS)
    return verdict.of_endpoints(check_all(endpoints, Policy(healthy, deadline, SOON_S, JITTER_S)))


def watched(endpoints: Sequence[Endpoint], seconds: float, check: Check | None, is_over: Callable[[], bool]) -> Verdict:
    """Every endpoint must stay well while the canary is compared, if there is one, and for ``seconds`` otherwise.

    Whichever is bad first ends it, and so does ``is_over``.
    """
    if check is None:
        return _staying_well(endpoints, seconds, is_over)
    sick = Event()
    comparing = beside(partial(check.run, is_over=lambda: sick.is_set() or is_over()))
    staying = _staying_well(endpoints, check.patience.longest, lambda: comparing.done() or is_over())
    if staying.verdict != PASS:
        sick.set()
    compared = verdict.of_canary(comparing.result())
    return verdict.worse(staying, compared)


def _staying_well(endpoints: Sequence[Endpoint], seconds: float, is_over: Callable[[], bool]) -> Verdict:
    pace = Pace(seconds, max(INTERVAL_S, seconds / LOOKS))
    return verdict.of_endpoints(stay_well(endpoints, pace, is_over=is_over))


def excused(blamed: Verdict, dependencies: Sequence[Endpoint]) -> Verdict:
    """The verdict after a look at what the release depends on."""
    if not blamed.blames_release or not dependencies:
        return blamed
    return verdict.excused(blamed, check_all(dependencies, Policy(1, 0, INTERVAL_S, 0)))
