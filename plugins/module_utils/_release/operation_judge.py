# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judging a phase: count the hosts, ask the endpoints, write the journal, renew the lock."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import InvalidInput, NotFound
from .._core.plan import Plan, Step
from .._edge.run import Operation, Report
from .._edge.spec import Seconds, into
from .._fence.fence import Fence
from .._health.described import Described, endpoint
from .._store.directory import DirectoryStore
from . import health, ledger, stored, verdict
from .model import PASS, Journal, Phase
from .verdict import Verdict

NONE, THIRTY, MINUTE = Seconds(0), Seconds(30), Seconds(60)


@dataclass(frozen=True)
class Part:
    """One phase, the hosts that had to take part in it, and what each registered."""

    phase: str
    hosts: Sequence[str]
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    any_will_do: bool = False


@dataclass(frozen=True)
class Question:
    """The phases since the last verdict, in their order, and the endpoints that must be well now, for as long as it bakes."""

    run: str
    fence: Fence
    phases: tuple[Part, ...]
    endpoints: tuple[Described, ...] = ()
    dependencies: tuple[Described, ...] = ()
    healthy: int = 1
    deadline: Seconds = THIRTY
    bake: Seconds = NONE
    lease: Seconds = MINUTE
    directory: str = "/var/lib/mainstay"


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
    return wanted


def _read(wanted: Question) -> Evidence:
    store = stored.open_store(wanted.directory, wanted.fence.environment)
    stored.renew(store, wanted.run, wanted.fence.token or 0, wanted.lease + wanted.deadline + wanted.bake)
    journal = ledger.open_journal(store)
    if journal is None or journal.run != wanted.run:
        raise NotFound(f"run {wanted.run} has no open journal: start with the phase that decides what is to be done")
    return Evidence(store, journal, _judged(wanted))


def _judged(wanted: Question) -> dict[str, Verdict]:
    """A phase after one that did not pass was not run; the endpoints are asked when all hosts did well."""
    verdicts: dict[str, Verdict] = {}
    for part in wanted.phases:
        outcomes = [verdict.outcome(host, part.phase, part.results.get(host)) for host in part.hosts]
        verdicts[part.phase] = verdict.of_hosts(outcomes, any_will_do=part.any_will_do)
        if verdicts[part.phase].verdict != PASS:
            break
    last, asked = list(verdicts)[-1], [endpoint(one) for one in wanted.endpoints]
    if verdicts[last].verdict == PASS and asked:
        verdicts[last] = health.judged(asked, wanted.healthy, wanted.deadline, wanted.bake)
    return {**verdicts, last: health.excused(verdicts[last], [endpoint(one) for one in wanted.dependencies])}


def _plan(wanted: Question, found: Evidence) -> Plan:
    told = ((phase, f"{judged.verdict} {judged.why}".strip()) for phase, judged in found.verdicts.items())
    return Plan(tuple(Step("judge", phase, "", verdict_and_why) for phase, verdict_and_why in told))


def _apply(wanted: Question, found: Evidence, _plan: Plan) -> Report:
    now = time.time()
    phases = (Phase(name, v.verdict, v.why, v.blames_release, now) for name, v in found.verdicts.items())
    ledger.write_journal(found.store, replace(found.journal, phases=(*found.journal.phases, *phases)))
    return _report(wanted, found)


def _report(wanted: Question, found: Evidence) -> Report:
    judged = found.decisive
    return {
        "verdict": judged.verdict,
        "why": judged.why,
        "blames_release": judged.blames_release,
        "judged": wanted.phases[-1].phase,
        "touched_hosts": found.journal.has_touched_hosts,
    }


RELEASE_JUDGE = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_report)
