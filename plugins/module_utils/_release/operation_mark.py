# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Marking a release by hand, put together for the module release."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidInput, NotFound
from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._store.directory import DirectoryStore
from . import ledger, stored
from .model import Ledger, Mark


@dataclass(frozen=True)
class Judgement:
    """What a person says of a release, and why."""

    environment: str
    release: str
    state: str
    reason: str
    who: str = ""
    directory: str = "/var/lib/mainstay"


@dataclass(frozen=True)
class Known:
    """The ledger as it stands."""

    store: DirectoryStore
    ledger: Ledger


def _parse(params: Mapping[str, Any]) -> Judgement:
    judgement = into(Judgement, params)
    if not judgement.reason.strip() or len(judgement.reason) > 500:
        raise InvalidInput("a reason of 1 to 500 characters is needed: it is written into the ledger")
    return judgement


def _read(wanted: Judgement) -> Known:
    store = stored.open_store(wanted.directory, wanted.environment)
    known = ledger.load(store)
    if wanted.release not in known.releases:
        choices = listed(list(known.releases)[-10:])
        raise NotFound(f"the ledger knows no release {shown(wanted.release)}; the last ones are {choices}")
    return Known(store, known)


def plan_mark(wanted: Judgement, found: Ledger) -> Plan:
    """Nothing to do if the release carries the mark, or has nothing to be cleared of."""
    before = found.marks[wanted.release].mark if wanted.release in found.marks else "unmarked"
    if before == wanted.state or (wanted.state == "cleared" and before != "bad"):
        return Plan()
    return Plan((Step("mark", wanted.release, before, wanted.state),))


def _apply(wanted: Judgement, found: Known, _plan: Plan) -> Report:
    ledger.append(found.store, Mark(wanted.release, wanted.state, wanted.reason, wanted.who, time.time()))
    return {"release": wanted.release}


RELEASE_MARK = Operation(
    parse=_parse,
    read=_read,
    plan=lambda wanted, found: plan_mark(wanted, found.ledger),
    apply=_apply,
    predict=lambda wanted, _found: {"release": wanted.release},
)
