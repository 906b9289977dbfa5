# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what workers tell of themselves to a verdict on each. No data is never a pass.

fail          its heart stopped or it started again; in the end, too many of its jobs failed, or too many jobs wait
pass          it has done as many jobs as it takes, and nothing speaks against it
inconclusive  it has done too few, or does not say
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .._core.text import within
from .._core.verdict import Verdict

CHANCE = 0.01
"""That a worker which fails as many jobs as it may is said to fail more."""


@dataclass(frozen=True)
class Proof:
    """What a worker has to show: so many ``jobs``, no larger share of them failed, a heartbeat that is not ``stale`` in seconds.

    ``lag`` is how many jobs may wait in the queue, None for any number. A heartbeat that is not ``asked`` for is not missed.
    """

    jobs: int = 1
    failures: float = 0.05
    stale: float = 30.0
    lag: int | None = None
    asked: bool = True

    def __post_init__(self) -> None:
        within("number of jobs", self.jobs, 0, 1_000_000)
        within("share of failed jobs", self.failures, 0, 1)
        within("age of what is stale", self.stale, 1, 3600)


@dataclass(frozen=True)
class Told:
    """What a worker's page of metrics says: jobs done and failed since it started, jobs that wait, its last heartbeat.

    The heartbeat is any number that changes with each beat, such as a time. What the page does not have is None.
    """

    done: float
    failed: float = 0.0
    waiting: float | None = None
    heartbeat: float | None = None


@dataclass(frozen=True)
class Worker:
    """A worker under watch, times in seconds since the watch began.

    ``done`` and ``failed`` are the jobs since then, ``beat_at`` is when its heartbeat was last seen to change, and ``restarts``
    how often its numbers began anew.
    """

    name: str
    last: Told | None = None
    done: float = 0.0
    failed: float = 0.0
    beat_at: float = 0.0
    restarts: int = 0
    trouble: str = "not looked at"

    def after(self, told: Told, at: float) -> Worker:
        """With another look. The first only tells from where to count, and whoever started again counts from nothing."""
        before = self.last or told
        restarted = told.done + told.failed < before.done + before.failed
        since = Told(0.0) if restarted else before
        return replace(
            self,
            last=told,
            done=self.done + told.done - since.done,
            failed=self.failed + told.failed - since.failed,
            beat_at=at if self.last is None or told.heartbeat != self.last.heartbeat else self.beat_at,
            restarts=self.restarts + restarted,
            trouble="",
        )

    def in_trouble(self, why: str) -> Worker:
        """With a look that told nothing."""
        return replace(self, trouble=why)


@dataclass(frozen=True)
class Proven:
    """The verdict on a worker, and the numbers behind it."""

    name: str
    verdict: Verdict
    done: int
    failed: int
    told: str


def proven(worker: Worker, proof: Proof, at: float, *, finally_: bool = True) -> Proven:
    """What the worker has shown after so many seconds; jobs that failed or wait are held against it ``finally_`` only.

    Looked at again and again, the share of failed jobs of a good worker would be too large at some moment.
    """
    done, failed = round(worker.done), round(worker.failed)
    against = _dead(worker, proof, at) or (_at_fault(worker, proof, done, failed) if finally_ else "")
    missing = _missing(worker, proof, done + failed)
    verdict = Verdict.FAIL if against else Verdict.INCONCLUSIVE if missing else Verdict.PASS
    return Proven(worker.name, verdict, done, failed, against or missing or f"{done} jobs done, {failed} failed")


def _dead(worker: Worker, proof: Proof, at: float) -> str:
    if proof.asked and worker.last and worker.last.heartbeat is not None and at - worker.beat_at > proof.stale:
        return f"no heartbeat for {at - worker.beat_at:.0f} s"
    return "it started again while it was watched" if worker.restarts else ""


def _at_fault(worker: Worker, proof: Proof, done: int, failed: int) -> str:
    if is_more(failed, done + failed, proof.failures):
        return f"{failed} of {done + failed} jobs failed"
    if proof.lag is not None and worker.last and (worker.last.waiting or 0) > proof.lag:
        return f"{worker.last.waiting:.0f} jobs wait, more than {proof.lag}"
    return ""


def is_more(failed: int, jobs: int, share: float) -> bool:
    """Whether so many failures are more than a worker with this share of them has in one of a hundred watches.

    Chernoff's bound: the probability is exp(-n KL(observed, share)) at most. Source: Hoeffding, JASA 58, 1963, theorem 1.
    """
    if not jobs or failed <= share * jobs:
        return False
    observed = failed / jobs
    good = (1 - observed) * math.log((1 - observed) / (1 - share)) if observed < 1 else 0.0
    return share == 0 or jobs * (observed * math.log(observed / share) + good) >= math.log(1 / CHANCE)


def _missing(worker: Worker, proof: Proof, jobs: int) -> str:
    if worker.last is None or worker.trouble:
        return worker.trouble
    if proof.asked and worker.last.heartbeat is None:
        return "it tells of no heartbeat"
    if proof.lag is not None and worker.last.waiting is None:
        return "it does not tell how many jobs wait"
    return f"{jobs} of {proof.jobs} jobs seen" if jobs < proof.jobs else ""


def told_of(values: Mapping[str, float], names: Mapping[str, str]) -> Told | None:
    """What the metrics of a page say, by the names that they have; None if it does not count the jobs done."""
    found = {key: values[name] for key, name in names.items() if name in values and math.isfinite(values[name])}
    return Told(**found) if "done" in found else None
