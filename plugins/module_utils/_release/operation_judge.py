# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judging a phase: count the hosts, ask the endpoints, write the journal, renew the lock."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import NotFound
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
class Question:
    """The phase, what every host made of it, and the endpoints that must be well now, for as long as it bakes."""

    run: str
    phase: str
    fence: Fence
    hosts: Sequence[str]
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    endpoints: tuple[Described, ...] = ()
    dependencies: tuple[Described, ...] = ()
    any_will_do: bool = False
    healthy: int = 1
    deadline: Seconds = THIRTY
    bake: Seconds = NONE
    lease: Seconds = MINUTE
    directory: str = "/var/lib/mainstay"


@dataclass(frozen=True)
class Evidence:
    """The open journal, and the verdicts that were reached."""

    store: DirectoryStore
    journal: Journal
    verdict: Verdict


def _read(wanted: Question) -> Evidence:
    store = stored.open_store(wanted.directory, wanted.fence.environment)
    stored.renew(store, wanted.run, wanted.fence.token or 0, wanted.lease + wanted.deadline + wanted.bake)
    journal = ledger.open_journal(store)
    if journal is None or journal.run != wanted.run:
        raise NotFound(f"run {wanted.run} has no open journal: start with the phase that decides what is to be done")
    return Evidence(store, journal, _judged(wanted))


def _judged(wanted: Question) -> Verdict:
    outcomes = [verdict.outcome(host, wanted.phase, wanted.results.get(host)) for host in wanted.hosts]
    hosts = verdict.of_hosts(outcomes, any_will_do=wanted.any_will_do)
    asked = [endpoint(one) for one in wanted.endpoints]
    if hosts.verdict == PASS and asked:
        hosts = health.judged(asked, wanted.healthy, wanted.deadline, wanted.bake)
    return health.excused(hosts, [endpoint(one) for one in wanted.dependencies])


def _plan(wanted: Question, found: Evidence) -> Plan:
    return Plan((Step("judge", wanted.phase, "", f"{found.verdict.verdict} {found.verdict.why}".strip()),))


def _apply(wanted: Question, found: Evidence, _plan: Plan) -> Report:
    phase = Phase(wanted.phase, found.verdict.verdict, found.verdict.why, found.verdict.blames_release, time.time())
    journal = replace(found.journal, phases=(*found.journal.phases, phase))
    ledger.write_journal(found.store, journal)
    return _report(wanted, found)


def _report(wanted: Question, found: Evidence) -> Report:
    judged = found.verdict
    return {
        "verdict": judged.verdict,
        "why": judged.why,
        "blames_release": judged.blames_release,
        "judged": wanted.phase,
        "touched_hosts": found.journal.has_touched_hosts,
    }


RELEASE_JUDGE = Operation(parse=lambda params: into(Question, params), read=_read, plan=_plan, apply=_apply, predict=_report)
