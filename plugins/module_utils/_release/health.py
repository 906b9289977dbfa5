# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking endpoints for a judge: whether they become well, whether they stay so, whether they are to blame."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from threading import Event

from .._core.wait import Pace, RealClock
from .._health.check import check_all, stay_well
from .._health.model import Endpoint, Policy
from .._health.threads import beside
from .._judge.described import Check
from .._judge.described_slo import LONGER_S
from .._judge.described_slo import Check as Promises
from .._judge.described_workers import Check as Workers
from . import verdict
from .model import INCONCLUSIVE, PASS
from .verdict import Verdict

SOON_S, INTERVAL_S = 0.1, 0.25
JITTER_S = 0.02
LATE_S = 30.0
"""That a watch may end after its time, because whoever it asked was slow to answer."""
LOOKS, SLOWEST_S = 1000, 2.0
"""At each endpoint while it bakes, about so many, but with no longer pause."""
AWAKE_S = 0.25
SLOW_S = 2.0
"""For one that is in the middle of a look when all ends: the numbers of a canary are worth it, a server that hangs is not."""


def become_well(endpoints: Sequence[Endpoint], healthy: int, deadline: float) -> Verdict:
    """Every endpoint must give so many good answers in a row within the deadline, in seconds."""
    if not endpoints:
        return Verdict(PASS)
    return verdict.of_endpoints(check_all(endpoints, Policy(healthy, deadline, SOON_S, JITTER_S)))


@dataclass(frozen=True)
class Ends:
    """``all`` is over, whatever came of it; or there is no use in watching on, because the others ``are_done``."""

    all: Callable[[], bool]
    are_done: Callable[[], bool]


@dataclass(frozen=True)
class Watch:
    """Something to watch beside the endpoints, which takes ``longest`` seconds at most, and ends when all is over.

    One that ``follows`` goes on for as long as the others do.
    """

    run: Callable[[Ends], Verdict]
    longest: float
    follows: bool = False


def of_canary(check: Check) -> Watch:
    return Watch(lambda ends: verdict.of_canary(check.run(ends.all)), check.patience.longest)


def of_workers(check: Workers) -> Watch:
    return Watch(lambda ends: verdict.of_workers(check.run(ends.all)), check.duration + check.longer)


def of_promises(check: Promises, tolerated: Collection[str]) -> Watch:
    def run(ends: Ends) -> Verdict:
        awake = _Awake(lambda: ends.all() or ends.are_done())
        return verdict.of_promises(check.run(ends.all, ends.are_done, tolerated, awake))

    return Watch(run, check.duration + LONGER_S, follows=True)


def watched(endpoints: Sequence[Endpoint], seconds: float, watches: Sequence[Watch], is_over: Callable[[], bool]) -> Verdict:
    """Every endpoint must stay well for ``seconds``, and until every watch is over; whatever is bad first ends all of it."""
    bad, began = Event(), time.monotonic()

    def ends_all() -> bool:
        return bad.is_set() or is_over()

    def look(watch: Watch) -> Verdict:
        seen = watch.run(Ends(ends_all, are_done))
        if seen.verdict != PASS:
            bad.set()
        return seen

    def are_done() -> bool:
        return time.monotonic() - began >= seconds and all(one.done() for one in leading)

    leading = [beside(partial(look, watch)) for watch in watches if not watch.follows]
    looking = [*leading, *(beside(partial(look, watch)) for watch in watches if watch.follows)]
    longest = max([seconds, *(watch.longest + LATE_S for watch in watches)])
    staying = _staying_well(endpoints, longest, lambda: ends_all() or (are_done() and all(one.done() for one in looking)))
    if staying.verdict != PASS:
        bad.set()
    while not ends_all() and wait(looking, AWAKE_S).not_done:
        continue  # without endpoints nobody has waited for them yet
    return verdict.worst([staying, *map(_result, looking)])


def _result(looking: Future[Verdict]) -> Verdict:
    """What a watch came to. One that waits for a slow answer is not waited for where something else has ended all."""
    try:
        return looking.result(SLOW_S)
    except TimeoutError:
        return Verdict(INCONCLUSIVE, "something that was asked did not answer before all was over")


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
