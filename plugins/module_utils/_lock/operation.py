# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, planning and applying the lock, put together for the module."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._core.plan import Plan
from .._core.text import NAME
from .._edge.run import Operation, Report
from .._edge.spec import Seconds, into
from .._store.directory import DirectoryStore
from . import stored
from .model import Claim, Lease, Surrender
from .plan import plan_claim, plan_surrender


@dataclass(frozen=True)
class Terms:
    """How a claim is written by a user."""

    run: str
    owner: str
    purpose: str
    lease: Seconds
    claimant: Mapping[str, str]
    evict: int | None = None


@dataclass(frozen=True)
class Request:
    """What is asked of the lock in this store."""

    store: DirectoryStore
    asked: Claim | Surrender


def _parse(params: Mapping[str, Any]) -> Request:
    store = DirectoryStore(Path(params["directory"]) / NAME.check(params["environment"]))
    if params["state"] == "absent":
        return Request(store, into(Surrender, params))
    terms = into(Terms, params)
    return Request(store, Claim(terms.run, terms.owner, terms.purpose, terms.lease, terms.claimant, terms.evict))


def _plan(wanted: Request, found: Lease) -> Plan:
    if isinstance(wanted.asked, Surrender):
        return plan_surrender(wanted.asked, found)
    return plan_claim(wanted.asked, found, time.time())


def _report(lease: Lease) -> Report:
    return {"token": lease.token, "holder": asdict(lease.holder) if lease.holder else {}}


LOCK = Operation(
    parse=_parse,
    read=lambda wanted: stored.read(wanted.store),
    plan=_plan,
    apply=lambda wanted, found, plan: _report(stored.write(wanted.store, found, plan)),
    predict=lambda wanted, found: _report(found),
)
