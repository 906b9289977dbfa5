# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Making a restore point, put together for the module restore_point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .._core.plan import Plan, Step
from .._core.text import NAME, moment, seconds, within
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._fence.fence import Fence, check
from .._postgres.model import Database
from .._store.directory import DirectoryStore
from . import points, recoveries
from .model import FILE, STANZA
from .points import Point
from .target import POINT
from .wal import lsn_text

MAKE, ARCHIVE = "make", "archive"


@dataclass(frozen=True)
class Request:
    """Which restore point is wanted where, and whether its segment must be archived; ``within`` is seconds."""

    name: str
    stanza: str
    database: Database
    store: DirectoryStore
    archived: bool
    within: float
    fence: Fence | None


@dataclass(frozen=True)
class Found:
    """The cluster, and the point of this name if it has one."""

    system_id: int
    point: Point | None
    is_archived: bool


def _parse(params: Mapping[str, Any]) -> Request:
    return Request(
        name=POINT.check(params["name"]),
        stanza=STANZA.check(params["stanza"]),
        database=into(Database, params["database"]),
        store=recoveries.open_store(FILE.check(params["directory"]), NAME.check(params["environment"])),
        archived=bool(params["archived"]),
        within=within("within in seconds", seconds(params["within"], noun="within"), 1, 86400),
        fence=into(Fence, params["fence"]) if params.get("fence") else None,
    )


def _read(wanted: Request) -> Found:
    system_id = points.cluster(wanted.database)
    known = recoveries.point(wanted.store, wanted.stanza, wanted.name)
    point = Point(**{field.name: known[field.name] for field in fields(Point)}) if known else None
    if point is None or point.system_id != system_id:
        return Found(system_id, None, False)
    return Found(system_id, point, wanted.archived and points.is_archived(wanted.database, point))


def _plan(wanted: Request, found: Found) -> Plan:
    """A point of this name is made once: two of them would be ambiguous."""
    made = () if found.point else (Step(MAKE, wanted.name, "", "a restore point"),)
    needs_archive = wanted.archived and not found.is_archived
    archived = (Step(ARCHIVE, wanted.name, "", "archived"),) if needs_archive else ()
    return Plan((*made, *archived))


def _apply(wanted: Request, found: Found, plan: Plan) -> Report:
    point = found.point
    for step in plan.steps:
        if wanted.fence:
            check(wanted.fence)
        if step.action == MAKE:
            point = points.make(wanted.database, wanted.name, found.system_id)
            recoveries.remember(wanted.store, recoveries.POINTS, {"stanza": wanted.stanza, **asdict(point)})
        elif point:
            points.archive(wanted.database, point, wanted.within)
    return _report(wanted, point, is_archived=wanted.archived)


def _report(wanted: Request, point: Point | None, *, is_archived: bool) -> Report:
    if point is None:
        return {"name": wanted.name, "lsn": "", "time": "", "segment": "", "archived": False, "point": {}}
    where = {"name": wanted.name, "lsn": lsn_text(point.position), "segment": point.segment}
    return {
        **where,
        "time": moment(point.at),
        "archived": is_archived,
        "point": {**where, "at": point.at, "system_id": str(point.system_id)},
    }


RESTORE_POINT = Operation(
    parse=_parse,
    read=_read,
    plan=_plan,
    apply=_apply,
    predict=lambda wanted, found: _report(wanted, found.point, is_archived=found.is_archived),
    requires=(PSYCOPG,),
)
