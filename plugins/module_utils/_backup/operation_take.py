# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking backups, put together for the module backup_take."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import FencedOff, MainstayError
from .._core.plan import Plan
from .._core.text import listed, within
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, Seconds, into
from .._fence.fence import Fence, check
from . import cluster, info, pgbackrest, report
from .model import Place, noted
from .operation_place import PLACE
from .plan import Found, Taking, plan
from .take import Order, Taken, take

TAKE = {
    **PLACE,
    "type": {"type": "str", "choices": ["auto", "full", "diff", "incr"], "default": "auto"},
    "full_every": {"type": "str", "default": "7d"},
    "between": {"type": "str", "choices": ["diff", "incr"], "default": "incr"},
    "repositories": {"type": "list", "elements": "int", "default": []},
    "annotations": {"type": "dict", "default": {}},
    "timeout": {"type": "str", "default": "1d"},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class Terms:
    """How taking a backup is written by a user."""

    full_every: Seconds
    timeout: Seconds
    fence: Fence | None = None


@dataclass(frozen=True)
class Wanted:
    """Which backups of whom, and how many seconds each may take."""

    place: Place
    taking: Taking
    timeout: float
    notes: Mapping[str, str] = field(default_factory=dict)
    fence: Fence | None = None


def _parse(params: Mapping[str, Any]) -> Wanted:
    terms = into(Terms, params)
    every = within("full_every in seconds", terms.full_every, 60, 400 * 86400)
    timeout = within("timeout in seconds", terms.timeout, 1, 30 * 86400)
    taking = Taking(params["type"], every, params["between"], tuple(params["repositories"]))
    return Wanted(into(Place, params), taking, timeout, noted(params["annotations"]), terms.fence)


def _read(wanted: Wanted) -> Found:
    settings = pgbackrest.settings(wanted.place)
    here = cluster.cluster(settings.data) if settings.data else None
    return Found(settings, info.stanza(wanted.place.stanza, pgbackrest.info(wanted.place)), here, time.time())


def _apply(wanted: Wanted, found: Found, planned: Plan) -> Report:
    """A repository that fails leaves the others their backup; that it failed is told in the end."""
    done: list[Taken] = []
    failed: list[MainstayError] = []
    for step in planned.steps:
        if wanted.fence:
            check(wanted.fence)
        try:
            repository, kind = step.data
            done.append(take(wanted.place, Order(repository, kind, wanted.timeout, wanted.notes), found.stanza))
        except FencedOff:
            raise
        except MainstayError as error:
            failed.append(error)
    told = _report(done)
    if failed:
        raise type(failed[0])(_failure(failed, done), **{**failed[0].details, **told})
    return told


def _report(done: list[Taken]) -> Report:
    warnings = [f"repository {one.backup.repository}: {warning}" for one in done for warning in one.warnings]
    return {"backups": [report.taken(one) for one in done], "warnings": warnings}


def _failure(failed: list[MainstayError], done: list[Taken]) -> str:
    kept = f" A good backup was taken into repository {listed(str(one.backup.repository) for one in done)}." if done else ""
    return f"{'; '.join(error.message for error in failed)}.{kept}"


BACKUP_TAKE = Operation(
    parse=_parse,
    read=_read,
    plan=lambda wanted, found: plan(wanted.taking, found),
    apply=_apply,
    predict=lambda _wanted, _found: {"backups": []},
)
