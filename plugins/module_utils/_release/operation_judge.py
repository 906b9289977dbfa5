# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judging a phase: count the hosts, watch what users get, write the journal, renew the lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .._core.errors import InvalidInput, MainstayError, NotFound
from .._core.plan import Plan, Step
from .._edge.require import PROMETHEUS, require
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._health.described import endpoint
from .._store.directory import DirectoryStore
from . import approvals, health, ledger, stored, verdict
from .approval import ABORT, PROMOTE, Approval
from .heartbeat import Heartbeat, is_heard
from .model import FAIL, INCONCLUSIVE, PASS, Journal, Phase
from .operation_question import Question
from .signs import Signs
from .verdict import Verdict

BEATS_S = 10.0


@dataclass(frozen=True)
class Evidence:
    """The open journal, the verdict on each phase, up to the first that did not pass, and what monitoring saw meanwhile."""

    store: DirectoryStore
    journal: Journal
    verdicts: Mapping[str, Verdict]
    signs: Signs

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
    people, signs = _People(store, wanted, journal), Signs(wanted.monitoring, store, wanted.fence.environment)
    signs.keep(journal)

    def beat() -> None:
        renew()
        signs.keep(journal)

    with Heartbeat(beat, people.have_aborted, min(BEATS_S, wanted.lease / 4), is_heard) as heart:
        return Evidence(store, journal, _judged(wanted, people, heart.is_over), signs)


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
        known = verdicts[last]
        seen = _watched(wanted, people, is_over)
        verdicts[last] = replace(seen, last_words=known.last_words, accepted=known.accepted)
    return {**verdicts, last: health.excused(verdicts[last], [endpoint(one) for one in wanted.dependencies])}


def _watched(wanted: Question, people: _People, is_over: Callable[[], bool]) -> Verdict:
    """Whatever goes wrong while it watches proves nothing of the release, and is undone like that."""
    try:
        return _decided(wanted, people, _seen(wanted, people.journal.tolerated, is_over), is_over)
    except MainstayError as error:
        return Verdict(INCONCLUSIVE, error.message)


def _seen(wanted: Question, tolerated: Sequence[str], is_over: Callable[[], bool]) -> Verdict:
    """Whether the endpoints become well and stay so, workers work, a canary does as well as the live side, promises are kept."""
    asked = [endpoint(one) for one in wanted.endpoints]
    became = health.become_well(asked, wanted.healthy, wanted.deadline)
    if became.verdict != PASS or not (wanted.bake or wanted.canary or wanted.workers or wanted.slo):
        return became
    return health.watched(asked, wanted.bake, wanted.watches(wanted.bake, tolerated), is_over)


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
    watches = wanted.watches(patience, people.journal.tolerated, longer=False)
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
    shares = {part.phase: part.share for part in wanted.phases}
    phases = (
        Phase(name, v.verdict, v.why, v.blames_release, now, v.numbers, v.last_words, shares[name], v.accepted)
        for name, v in found.verdicts.items()
    )
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
        "warnings": found.signs.warnings,
    }


RELEASE_JUDGE = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_report)
