# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settling a run: what became of the release goes into the ledger, the journal is closed, the lock given back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from .._core.errors import MainstayError, NotFound
from .._core.plan import Plan, Step
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._fence.fence import Fence
from .._store.directory import DirectoryStore
from . import ledger, reports, stored
from .model import PASS, Journal, Mark, Performed
from .monitoring import UNMONITORED, Monitoring
from .signs import Signs


@dataclass(frozen=True)
class Ending:
    """Which run ends, and whether its undoing worked where it was undone."""

    run: str
    fence: Fence
    undone: bool = False
    directory: str = "/var/lib/mainstay"
    monitoring: Monitoring = UNMONITORED


@dataclass(frozen=True)
class Open:
    """The journal that is to be closed."""

    store: DirectoryStore
    journal: Journal


def _read(wanted: Ending) -> Open:
    store = stored.open_store(wanted.directory, wanted.fence.environment)
    stored.demand_lock(store, wanted.run, wanted.fence.token or 0)
    journal = ledger.open_journal(store)
    if journal is None or journal.run != wanted.run:
        raise NotFound(f"run {wanted.run} has no open journal, so there is nothing to settle")
    return Open(store, journal)


def _plan(wanted: Ending, found: Open) -> Plan:
    return Plan((Step("settle", found.journal.release, "under way", found.journal.verdict),))


def _apply(wanted: Ending, found: Open, _plan: Plan) -> Report:
    """The journal of a run that could not be undone stays open, so that the next run knows what to finish."""
    now = time.time()
    ledger.append(found.store, *records(found.journal, now))
    if wanted.undone or found.journal.verdict == PASS:
        ledger.write_journal(found.store, None)
    signs = Signs(wanted.monitoring, found.store, wanted.fence.environment)
    signs.take_down(found.journal.application)
    stored.give_back(found.store, wanted.run)
    return {**_report(wanted, found), "report": _written(wanted, found, now), "warnings": signs.warnings}


def _written(wanted: Ending, found: Open, now: float) -> str:
    """Where the report is; "" if it could not be written, which must not fail a run that is settled."""
    root = Path(wanted.directory) / wanted.fence.environment
    try:
        return str(reports.write(root, found.journal, ledger.load(found.store), now, undone=wanted.undone))
    except MainstayError:
        return ""


def records(journal: Journal, now: float) -> list[Mark | Performed]:
    """What the ledger learns: the operation, and the release's mark where the run proved something about it."""
    passed = journal.verdict == PASS
    release, slot = (journal.release, journal.slot) if passed else (journal.origin, journal.origin_slot)
    done = Performed(
        run=journal.run,
        verb=journal.verb,
        release=release,
        slot=slot,
        verdict=journal.verdict,
        asked=journal.release,
        why=journal.why,
        who=journal.who,
        started=journal.started,
        when=now,
        override=journal.override,
        accepted=tuple(one for phase in journal.phases for one in phase.accepted),
    )
    if passed:
        return [done, *_left_behind(journal, now), Mark(journal.release, "proven", f"{journal.verb} passed", journal.who, now)]
    if journal.blames_release and journal.release != journal.origin:  # what served well and fell ill needs a repair, no ban
        return [done, Mark(journal.release, "bad", journal.why, journal.who, now)]
    return [done]


def _left_behind(journal: Journal, now: float) -> list[Mark]:
    """A release that was rolled back from is none to roll back to, though it may be deployed again."""
    if journal.verb != "rollback" or journal.origin in ("", journal.release):
        return []
    return [Mark(journal.origin, "withdrawn", f"rolled back to {journal.release}", journal.who, now)]


def _report(wanted: Ending, found: Open) -> Report:
    journal = found.journal
    took = round(time.time() - journal.started, 1)
    return {"verdict": journal.verdict, "why": journal.why, "undone": wanted.undone, "seconds": took, "report": ""}


RELEASE_SETTLE = Operation(parse=lambda params: into(Ending, params), read=_read, plan=_plan, apply=_apply, predict=_report)
