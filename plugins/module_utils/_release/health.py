# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking endpoints for a judge: whether they become well, whether they stay so, whether they are to blame."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event

from .._core.wait import Pace, RealClock
from .._health.check import check_all, stay_well
from .._health.model import Endpoint, Policy
from .._health.threads import beside
from .._judge.described import Check
from .._judge.described_workers import Check as Workers
from . import verdict
from .model import PASS
from .verdict import Verdict

SOON_S, INTERVAL_S = 0.1, 0.25
JITTER_S = 0.02
LATE_S = 30.0
"""That a watch may end after its time, because whoever it asked was slow to answer."""
LOOKS, SLOWEST_S = 1000, 2.0
"""At each endpoint while it bakes, about so many, but with no longer pause."""
AWAKE_S = 0.25


def become_well(endpoints: Sequence[Endpoint], healthy: int, deadline: float) -> Verdict:
    """Every endpoint must give so many good answers in a row within the deadline, in seconds."""
    if not endpoints:
        return Verdict(PASS)
    return verdict.of_endpoints(check_all(endpoints, Policy(healthy, deadline, SOON_S, JITTER_S)))


@dataclass(frozen=True)
class Watch:
    """Something to watch beside the endpoints, which takes ``longest`` seconds at most, and ends when all is over."""

    run: Callable[[Callable[[], bool]], Verdict]
    longest: float


def of_canary(check: Check) -> Watch:
    return Watch(lambda is_over: verdict.of_canary(check.run(is_over)), check.patience.longest)


def of_workers(check: Workers) -> Watch:
    return Watch(lambda is_over: verdict.of_workers(check.run(is_over)), check.duration + check.longer)


def watched(endpoints: Sequence[Endpoint], seconds: float, watches: Sequence[Watch], is_over: Callable[[], bool]) -> Verdict:
    """Every endpoint must stay well for ``seconds``, and until every watch is over; whatever is bad first ends all of it."""
    bad = Event()

    def look(watch: Watch) -> Verdict:
        seen = watch.run(lambda: bad.is_set() or is_over())
        if seen.verdict != PASS:
            bad.set()
        return seen

    began = time.monotonic()
    looking = [beside(partial(look, watch)) for watch in watches]

    def ends() -> bool:
        is_done = time.monotonic() - began >= seconds and all(one.done() for one in looking)
        return is_done or bad.is_set() or is_over()

    staying = _staying_well(endpoints, max([seconds, *(watch.longest + LATE_S for watch in watches)]), ends)
    if staying.verdict != PASS:
        bad.set()
    return verdict.worst([staying, *(one.result() for one in looking)])


def _staying_well(endpoints: Sequence[Endpoint], seconds: float, is_over: Callable[[], bool]) -> Verdict:
    pace = Pace(seconds, min(max(INTERVAL_S, seconds / LOOKS), SLOWEST_S))
    return verdict.of_endpoints(stay_well(endpoints, pace, _Awake(is_over), is_over=is_over))


class _Awake(RealClock):
    """Sleeps no longer than until all is over."""

    def __init__(self, is_over: Callable[[], bool]) -> None:
        self._is_over = is_over

    def sleep(self, seconds: float) -> None:
        ends = self.now() + seconds
        while (left := ends - self.now()) > 0 and not self._is_over():
            super().sleep(min(left, AWAKE_S))


def excused(blamed: Verdict, dependencies: Sequence[Endpoint]) -> Verdict:
    """The verdict after a look at what the release depends on."""
    if not blamed.blames_release or not dependencies:
        return blamed
    return verdict.excused(blamed, check_all(dependencies, Policy(1, 0, INTERVAL_S, 0)))
