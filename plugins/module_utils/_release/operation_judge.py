# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judging a phase: count the hosts, watch what users get, write the journal, renew the lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from .._core.errors import InvalidInput, MainstayError, NotFound
from .._core.plan import Plan, Step
from .._edge.require import PROMETHEUS, require
from .._edge.run import Operation, Report
from .._edge.spec import Seconds, into
from .._fence.fence import Fence
from .._health.described import Described as Asked
from .._health.described import endpoint
from .._judge.described import Described, check
from .._judge.described_workers import Described as Proof
from .._judge.described_workers import check as check_workers
from .._store.directory import DirectoryStore
from . import approvals, health, ledger, stored, verdict
from .approval import ABORT, PROMOTE, Approval
from .heartbeat import Heartbeat, is_heard
from .model import FAIL, INCONCLUSIVE, PASS, Journal, Phase
from .verdict import Verdict

NONE, THIRTY, MINUTE = Seconds(0), Seconds(30), Seconds(60)
BEATS_S = 10.0


@dataclass(frozen=True)
class Part:
    """One phase, the hosts that had to take part in it, and what each registered."""

    phase: str
    hosts: Sequence[str]
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    any_will_do: bool = False


@dataclass(frozen=True)
class Asking:
    """How long to wait for a person: to promote what passed, and what could not be judged; and whether it must be another."""

    promotion: Seconds = NONE
    inconclusive: Seconds = NONE
    another: bool = False

    def seconds(self, judged: Verdict) -> float:
        return {PASS: self.promotion, INCONCLUSIVE: self.inconclusive}.get(judged.verdict, NONE)


@dataclass(frozen=True)
class Question:
    """The phases since the last verdict, in their order, and the endpoints that must be well now, for as long as it bakes."""

    run: str
    fence: Fence
    phases: tuple[Part, ...]
    endpoints: tuple[Asked, ...] = ()
    dependencies: tuple[Asked, ...] = ()
    healthy: int = 1
    deadline: Seconds = THIRTY
    bake: Seconds = NONE
    canary: Described | None = None
    workers: tuple[Proof, ...] = ()
    ask: Asking = Asking()
    lease: Seconds = MINUTE
    directory: str = "/var/lib/mainstay"

    @property
    def last(self) -> str:
        """The phase that the verdict is about."""
        return self.phases[-1].phase

    def watches(self, seconds: float, *, longer: bool = True) -> list[health.Watch]:
        """What is watched beside the endpoints for so many seconds, and longer where that proves nothing."""

        def lasting(one: Described | Proof) -> Any:
            return replace(one, duration=str(seconds), longer=one.longer if longer else "0s")

        canary = [health.of_canary(check(lasting(self.canary)))] if self.canary else []
        return canary + [health.of_workers(check_workers(lasting(one))) for one in self.workers]


@dataclass(frozen=True)
class Evidence:
    """The open journal, and the verdict on each phase, up to the first that did not pass."""

    store: DirectoryStore
    journal: Journal
    verdicts: Mapping[str, Verdict]

    @property
    def decisive(self) -> Verdict:
        return list(self.verdicts.values())[-1]


def _parse(params: Mapping[str, Any]) -> Question:
    wanted = into(Question, params)
    if not wanted.phases:
        raise InvalidInput("phases is empty: name at least one phase to judge, for what nobody took part in is no pass")
    wanted.watches(wanted.bake)
    require((PROMETHEUS,) if wanted.workers else ())
    return wanted


def _read(wanted: Question) -> Evidence:
    store = stored.open_store(wanted.directory, wanted.fence.environment)
    renew = partial(stored.renew, store, wanted.run, wanted.fence.token or 0, wanted.lease)
    renew()
    journal = ledger.open_journal(store)
    if journal is None or journal.run != wanted.run:
        raise NotFound(f"run {wanted.run} has no open journal: start with the phase that decides what is to be done")
    people = _People(store, wanted, journal)
    with Heartbeat(renew, people.have_aborted, min(BEATS_S, wanted.lease / 4), is_heard) as heart:
        return Evidence(store, journal, _judged(wanted, people, heart.is_over))


@dataclass(frozen=True)
class _People:
    """Who may let this phase go on, or end the run; going back is nobody's to end."""

    store: DirectoryStore
    wanted: Question
    journal: Journal

    @property
    def decision(self) -> Approval | None:
        return approvals.decided(self.store, self.wanted.run, self.wanted.last) if self._are_heard else None

    def have_aborted(self) -> bool:
        decision = self.decision
        return decision is not None and decision.decision == ABORT

    def ask(self, seconds: float) -> None:
        """Ask, unless somebody has ended the run at this very moment."""
        request = Approval(self.wanted.run, self.wanted.last, time.time() + seconds, self.wanted.ask.another)
        approvals.update(self.store, lambda found: found if found and found.is_about(request.run, request.phase) else request)

    @property
    def _are_heard(self) -> bool:
        return self.wanted.last in self.journal.expected


def _judged(wanted: Question, people: _People, is_over: Callable[[], bool]) -> dict[str, Verdict]:
    """A phase after one that did not pass was not run; what users get is watched when all hosts did well."""
    verdicts: dict[str, Verdict] = {}
    for part in wanted.phases:
        outcomes = [verdict.outcome(host, part.phase, part.results.get(host)) for host in part.hosts]
        verdicts[part.phase] = verdict.of_hosts(outcomes, any_will_do=part.any_will_do)
        if verdicts[part.phase].verdict != PASS:
            break
    last = list(verdicts)[-1]
    if verdicts[last].verdict == PASS:
        verdicts[last] = _watched(wanted, people, is_over)
    return {**verdicts, last: health.excused(verdicts[last], [endpoint(one) for one in wanted.dependencies])}


def _watched(wanted: Question, people: _People, is_over: Callable[[], bool]) -> Verdict:
    """Whatever goes wrong while it watches proves nothing of the release, and is undone like that."""
    try:
        return _decided(wanted, people, _seen(wanted, is_over), is_over)
    except MainstayError as error:
        return Verdict(INCONCLUSIVE, error.message)


def _seen(wanted: Question, is_over: Callable[[], bool]) -> Verdict:
    """Whether the endpoints become well and stay so, workers work, and a canary does as well as the live side."""
    asked = [endpoint(one) for one in wanted.endpoints]
    became = health.become_well(asked, wanted.healthy, wanted.deadline)
    if became.verdict != PASS or not (wanted.bake or wanted.canary or wanted.workers):
        return became
    return health.watched(asked, wanted.bake, wanted.watches(wanted.bake), is_over)


def _decided(wanted: Question, people: _People, seen: Verdict, is_over: Callable[[], bool]) -> Verdict:
    """The verdict of whoever was asked, or who ended the run without being asked."""
    decision = people.decision
    if decision is None and wanted.ask.seconds(seen):
        seen, decision = _asked(wanted, people, seen, is_over)
    if decision is None or seen.verdict == FAIL:
        return seen
    return replace(seen, verdict=PASS if decision.decision == PROMOTE else FAIL, why=decision.told, blames_release=False)


def _asked(wanted: Question, people: _People, seen: Verdict, is_over: Callable[[], bool]) -> tuple[Verdict, Approval | None]:
    """Waits for a decision, and watches on meanwhile."""
    patience = wanted.ask.seconds(seen)
    people.ask(patience)
    asked = [endpoint(one) for one in wanted.endpoints]
    watches = wanted.watches(patience, longer=False)
    meanwhile = health.watched(asked, patience, watches, lambda: people.decision is not None or is_over())
    decision = people.decision
    if meanwhile.verdict == FAIL or decision:
        return meanwhile, decision
    return replace(seen, verdict=INCONCLUSIVE, why=f"nobody promoted it within {patience:.0f} s; {seen.why}"), None


def _plan(wanted: Question, found: Evidence) -> Plan:
    told = ((phase, f"{judged.verdict} {judged.why}".strip()) for phase, judged in found.verdicts.items())
    return Plan(tuple(Step("judge", phase, "", verdict_and_why) for phase, verdict_and_why in told))


def _apply(wanted: Question, found: Evidence, _plan: Plan) -> Report:
    now = time.time()
    phases = (Phase(name, v.verdict, v.why, v.blames_release, now, v.numbers) for name, v in found.verdicts.items())
    ledger.write_journal(found.store, replace(found.journal, phases=(*found.journal.phases, *phases)))
    return _report(wanted, found)


def _report(wanted: Question, found: Evidence) -> Report:
    judged = found.decisive
    return {
        "verdict": judged.verdict,
        "why": judged.why,
        "blames_release": judged.blames_release,
        "numbers": judged.numbers,
        "judged": wanted.last,
        "touched_hosts": found.journal.has_touched_hosts,
    }


RELEASE_JUDGE = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_report)
