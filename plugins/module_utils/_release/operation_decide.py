# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A person's decision about the run under way, put together for the module release_decide."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .._core.plan import Plan, Step
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._lock import stored as lock
from .._lock.ready import is_free
from .._store.directory import DirectoryStore
from . import approvals, ledger, stored
from .approval import Approval, Decision, decided
from .model import Journal


@dataclass(frozen=True)
class Deciding:
    """Which environment, and what somebody decides."""

    environment: str
    what: Decision
    directory: str = "/var/lib/mainstay"


@dataclass(frozen=True)
class UnderWay:
    """The run as it stands; it is watched while its lease lasts."""

    store: DirectoryStore
    journal: Journal | None
    approval: Approval | None
    is_watched: bool


def _parse(params: Mapping[str, Any]) -> Deciding:
    return into(Deciding, {**params, "what": Decision(params["decision"], params["who"], params["reason"])})


def _read(wanted: Deciding) -> UnderWay:
    store = stored.open_store(wanted.directory, wanted.environment)
    journal, lease = ledger.open_journal(store), lock.read(store)
    is_watched = not is_free(lease, time.time()) and bool(lease.holder and journal and lease.holder.run == journal.run)
    return UnderWay(store, journal, approvals.load(store), is_watched)


def _decided(wanted: Deciding, found: UnderWay) -> Approval:
    return decided(wanted.what, found.approval, found.journal, is_watched=found.is_watched, now=time.time())


def _plan(wanted: Deciding, found: UnderWay) -> Plan:
    made = _decided(wanted, found)
    waits = f"waits after {made.phase}" if made.phase else "under way"
    return Plan((Step(wanted.what.decision, found.journal.release if found.journal else "", waits, made.told),))


def _apply(wanted: Deciding, found: UnderWay, _plan: Plan) -> Report:
    made = approvals.update(found.store, lambda approval: _decided(wanted, replace(found, approval=approval)))
    return {"approval": asdict(made)}


RELEASE_DECIDE = Operation(
    parse=_parse,
    read=_read,
    plan=_plan,
    apply=_apply,
    predict=lambda wanted, found: {"approval": asdict(_decided(wanted, found))},
)
