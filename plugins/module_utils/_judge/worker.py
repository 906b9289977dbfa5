# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what workers tell of themselves to a verdict on each. No data is never a pass.

fail          its heart stopped, too many of its jobs failed, or too many jobs wait
pass          it has done as many jobs as it takes, and nothing speaks against it
inconclusive  it has done too few, or does not say
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .._core.text import within
from .._core.verdict import Verdict


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
    """A worker under watch, times in seconds since the watch began; ``beat_at`` is when its heartbeat was last seen to change."""

    name: str
    first: Told | None = None
    last: Told | None = None
    beat_at: float = 0.0
    trouble: str = "not looked at"

    def after(self, told: Told, at: float) -> Worker:
        """With another look. One that counts less than before has started again, and is counted from nothing."""
        restarted = self.last is not None and told.done + told.failed < self.last.done + self.last.failed
        first = Told(0.0) if restarted else self.first or told
        beats = self.last is None or told.heartbeat != self.last.heartbeat
        return replace(self, first=first, last=told, beat_at=at if beats else self.beat_at, trouble="")

    def in_trouble(self, why: str) -> Worker:
        """With a look that told nothing."""
        return replace(self, trouble=why)

    @property
    def jobs(self) -> tuple[int, int]:
        """Jobs done and failed since the watch began."""
        if self.first is None or self.last is None:
            return 0, 0
        return round(self.last.done - self.first.done), round(self.last.failed - self.first.failed)


@dataclass(frozen=True)
class Proven:
    """The verdict on a worker, and the numbers behind it."""

    name: str
    verdict: Verdict
    done: int
    failed: int
    told: str


def proven(worker: Worker, proof: Proof, at: float) -> Proven:
    """What the worker has shown after so many seconds."""
    done, failed = worker.jobs
    against, missing = _against(worker, proof, at), _missing(worker, proof)
    verdict = Verdict.FAIL if against else Verdict.INCONCLUSIVE if missing else Verdict.PASS
    return Proven(worker.name, verdict, done, failed, against or missing or f"{done} jobs done, {failed} failed")


def _against(worker: Worker, proof: Proof, at: float) -> str:
    done, failed = worker.jobs
    if proof.asked and worker.last and worker.last.heartbeat is not None and at - worker.beat_at > proof.stale:
        return f"no heartbeat for {at - worker.beat_at:.0f} s"
    if done + failed >= proof.jobs and failed > proof.failures * (done + failed):
        return f"{failed} of {done + failed} jobs failed"
    if proof.lag is not None and worker.last and (worker.last.waiting or 0) > proof.lag:
        return f"{worker.last.waiting:.0f} jobs wait, more than {proof.lag}"
    return ""


def _missing(worker: Worker, proof: Proof) -> str:
    if worker.last is None or worker.trouble:
        return worker.trouble
    if proof.asked and worker.last.heartbeat is None:
        return "it tells of no heartbeat"
    if proof.lag is not None and worker.last.waiting is None:
        return "it does not tell how many jobs wait"
    done, failed = worker.jobs
    return f"{done + failed} of {proof.jobs} jobs seen" if done + failed < proof.jobs else ""


def told_of(values: Mapping[str, float], names: Mapping[str, str]) -> Told | None:
    """What the metrics of a page say, by the names that they have; None if it does not count the jobs done."""
    found = {key: values[name] for key, name in names.items() if name in values and math.isfinite(values[name])}
    return Told(**found) if "done" in found else None
