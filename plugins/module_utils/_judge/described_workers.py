# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The proof that workers have to give as a user writes it, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidInput, Unavailable
from .._core.text import seconds, shown, within
from .._core.verdict import Verdict, overall
from .._core.wait import Clock, Pace, RealClock, wait_until
from .._health.threads import at_once
from .exposition import values
from .fetch import Place
from .worker import Proof, Proven, Worker, proven, told_of

METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]{0,200}"


@dataclass(frozen=True)
class Page(Place):
    """A worker's page of metrics, and the name under which the worker is told."""

    name: str = ""


@dataclass(frozen=True)
class Described:
    """Workers, the names of their metrics, what they have to show and how patiently; durations as a user writes them."""

    workers: tuple[Page, ...]
    done: str
    failed: str = ""
    heartbeat: str = ""
    waiting: str = ""
    jobs: int = 1
    failures: float = 0.05
    lag: int | None = None
    stale: str = "30s"
    duration: str = "0s"
    longer: str = "1m"
    interval: str = "1s"


@dataclass(frozen=True)
class Check:
    """A proof that is ready to be asked for; times in seconds."""

    places: Mapping[str, Place]
    names: Mapping[str, str]
    proof: Proof
    duration: float
    longer: float
    interval: float

    def run(self, is_over: Callable[[], bool] = lambda: False, clock: Clock | None = None) -> Mapping[str, Any]:
        """Look until every worker has proven itself, or one is at fault, or the time or whatever else ``is_over``."""
        time = clock or RealClock()
        looking = _Looking(self, time)

        def until(timeout: float, *ends: Verdict) -> None:
            wait_until(looking, lambda seen: is_over() or _of_all(seen) in ends, Pace(timeout, self.interval), clock=time)

        until(self.duration, Verdict.FAIL)
        looking.finally_()
        if _of_all(looking.seen) is Verdict.INCONCLUSIVE and self.longer and not is_over():
            until(self.longer, Verdict.FAIL, Verdict.PASS)
        return _report(looking.seen, looking.at)

    def look(self, worker: Worker, at: float) -> Worker:
        try:
            told = told_of(values(self.places[worker.name]), self.names)
        except Unavailable as error:
            return worker.in_trouble(error.message)
        return worker.after(told, at) if told else worker.in_trouble(f"its page has no {self.names['done']}")


def check(one: Described) -> Check:
    """The proof that is described; raises ``InvalidInput``."""
    places = {page.name: page for page in one.workers}
    if not places or len(places) < len(one.workers):
        raise InvalidInput("workers need different names, and at least one of them: no data is never a pass")
    names = {"done": one.done, "failed": one.failed, "heartbeat": one.heartbeat, "waiting": one.waiting}
    names = {key: _metric(name) for key, name in names.items() if name}
    if one.lag is not None and "waiting" not in names:
        raise InvalidInput("a lag is nothing without the metric that says how many jobs wait: give waiting")
    stale = seconds(one.stale, noun="stale")
    return Check(
        places=places,
        names=names,
        proof=Proof(one.jobs, one.failures, stale, one.lag, asked="heartbeat" in names),
        duration=within("duration", seconds(one.duration, noun="duration"), 0, seconds("2d")),
        longer=within("extension", seconds(one.longer, noun="longer"), 0, seconds("2d")),
        interval=within("interval", seconds(one.interval, noun="interval"), 0.1, 300),
    )


def _metric(name: str) -> str:
    if not re.fullmatch(METRIC, name):
        raise InvalidInput(f"{shown(name)} is not the name of a metric: allowed are letters, digits, underscores and colons")
    return name


def _of_all(seen: tuple[Proven, ...]) -> Verdict:
    return overall(one.verdict for one in seen)


def _report(seen: tuple[Proven, ...], at: float) -> Mapping[str, Any]:
    of_all = _of_all(seen)
    decisive = [f"{one.name}: {one.told}" for one in seen if one.verdict is of_all]
    rows = [{"name": x.name, "verdict": str(x.verdict), "done": x.done, "failed": x.failed, "told": x.told} for x in seen]
    return {"verdict": str(of_all), "told": "; ".join(decisive), "workers": rows, "seconds": round(at, 3)}


class _Looking:
    """Reads every page, all at once, each time that it is called."""

    def __init__(self, wanted: Check, clock: Clock) -> None:
        self._wanted, self._clock, self._began = wanted, clock, clock.now()
        self._workers = tuple(Worker(name) for name in wanted.places)
        self.at = 0.0
        self.seen: tuple[Proven, ...] = ()
        self._is_final = False

    def __call__(self) -> tuple[Proven, ...]:
        self.at = self._clock.now() - self._began
        self._workers = at_once(lambda worker: self._wanted.look(worker, self.at), self._workers)
        return self._judged()

    def finally_(self) -> None:
        """From now on all counts that was seen."""
        self._is_final = True
        self._judged()

    def _judged(self) -> tuple[Proven, ...]:
        final = self._is_final
        self.seen = tuple(proven(worker, self._wanted.proof, self.at, finally_=final) for worker in self._workers)
        return self.seen
