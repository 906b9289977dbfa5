# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restoring a cluster, put together for the module backup_restore."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._core.errors import InvalidInput
from .._core.plan import Plan
from .._core.text import moment, seconds, within
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import into
from .._fence.fence import Fence, check
from . import pgbackrest, recoveries
from .checks import Check, as_rows
from .control import read_control
from .data import kept, look
from .journal import read_journal
from .model import Place, Settings
from .prospect import look as look_into
from .prospect import programs, prospect
from .restoration import Data, Found, Restoration, Source, Unconfirmed
from .restore_plan import described, foresee, plan_discard, plan_restore
from .restorer import Restorer
from .target import NAME, Target, target

RESTORED, FORESEEN, DISCARDED = "restored", "foreseen", "discarded"


@dataclass(frozen=True)
class Request:
    """A restore, or that what earlier ones kept may go."""

    restoration: Restoration
    state: str
    fence: Fence | None = None


def source_of(params: Mapping[str, Any]) -> Source:
    """What every module that restores is told of where from."""
    return Source(
        place=into(Place, params),
        backup=params["backup"] or "",
        repository=params["repository"] or 0,
        timeline=params.get("timeline"),
        binaries=params["binaries"] or "",
        superuser=params["superuser"] or "",
        processes=params["processes"] or 0,
        timeout=within("timeout in seconds", seconds(params["timeout"], noun="timeout"), 10, 30 * 86400),
    )


def checks_of(params: Mapping[str, Any]) -> tuple[Check, ...]:
    found = tuple(into(Check, one) for one in params["checks"] or ())
    if len({one.name for one in found}) < len(found):
        raise InvalidInput("two checks have the same name: give each one of its own")
    return found


def point_of(aim: Target, directory: str, environment: str, stanza: str) -> int | None:
    """Where the restore point lies, if it was made by us."""
    found = recoveries.point(recoveries.open_store(directory, environment), stanza, str(aim.at)) if aim.kind == NAME else None
    return int(found["position"]) if found else None


def along(source: Source, aim: Target, directory: str, environment: str) -> Source:
    """To a restore point of ours along the timeline on which it was made, unless another one was asked for."""
    if aim.kind != NAME or source.timeline:
        return source
    found = recoveries.point(recoveries.open_store(directory, environment), source.place.stanza, str(aim.at))
    return replace(source, timeline=int(str(found["segment"])[:8], 16)) if found else source


def _parse(params: Mapping[str, Any]) -> Request:
    aim = target(params["target"] or "", params["at"] or "", time.time())
    restoration = Restoration(
        source=along(source_of(params), aim, params["directory"] or "", params["environment"]),
        aim=aim,
        environment=params["environment"],
        host=params["host"] or socket.gethostname(),
        data=params["data"] or "",
        checks=checks_of(params),
        reuse=params["reuse"] or "",
        confirm=params["confirm"] or "",
        directory=params["directory"] or "",
    )
    return Request(restoration, params["state"], into(Fence, params["fence"]) if params.get("fence") else None)


def _read(request: Request) -> Found:
    wanted = request.restoration
    settings = pgbackrest.settings(wanted.source.place)
    data = _data(wanted, settings)
    found = _look(wanted.source, Path(data))
    journal, stamp = read_journal(Path(data)), time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    if request.state == DISCARDED or (found.pid and request.state == RESTORED):
        return Found(found, settings.data, stamp, journal, None, kept(Path(data)))
    place, stanza = wanted.source.place, look_into(wanted.source.place)
    point = point_of(wanted.aim, wanted.directory, wanted.environment, place.stanza)
    old, reuse = kept(Path(data)), bool(wanted.reuse)
    before = recoveries.measured(recoveries.open_store(wanted.directory, wanted.environment), place.stanza, reused=reuse)
    ahead = prospect(wanted.source, wanted.aim, stanza, Path(data).parent, point, before)
    reused = _look(wanted.source, Path(wanted.reuse)) if wanted.reuse in old else None
    return Found(found, settings.data, stamp, journal, ahead, old, reused)


def _data(wanted: Restoration, settings: Settings) -> str:
    """Without one in the configuration the plan refuses, and says so."""
    data = wanted.data or settings.data
    if not data:
        raise InvalidInput(
            f"pgBackRest's configuration names no data directory of the stanza {wanted.source.place.stanza} on this host"
        )
    return data.rstrip("/")


def _look(source: Source, data: Path) -> Data:
    return look(
        data, lambda path: read_control(programs(source, (path / "PG_VERSION").read_text().strip()), path, source.place.user)
    )


def _plan(request: Request, found: Found) -> Plan:
    return PLANS[request.state](request.restoration, found)


def _apply(request: Request, found: Found, plan: Plan) -> Report:
    wanted = request.restoration
    demand_word(wanted, found, request.state)
    restorer = Restorer(wanted, found, lambda: check(request.fence) if request.fence else None)
    restorer.perform(plan)
    came_to = restorer.came_to
    return {
        **_report(request, found),
        "checks": as_rows(restorer.checked),
        "measured": {part: round(taken, 2) for part, taken in restorer.watch.seconds.items()},
        "recovered": {"time": moment(came_to.time) if came_to.time else "", "lsn": came_to.lsn, "stopped": came_to.stopped}
        if came_to
        else {},
        "kept": list(kept(Path(found.data.path))),
    }


def demand_word(wanted: Restoration, found: Found, state: str) -> None:
    """Nobody replaces or removes data in passing."""
    replaces = state == DISCARDED or not found.data.is_empty
    if replaces and wanted.confirm != wanted.word:
        what = f"the data of {found.data.path} is replaced" if state == RESTORED else "the data that restores kept is removed"
        raise Unconfirmed(
            f'by this {what}; nothing was touched. If you mean that, give confirm: "{wanted.word}"', confirm=wanted.word
        )


def _report(request: Request, found: Found) -> Report:
    return {
        "target": request.restoration.aim.shown,
        "prospect": dict(described(found.prospect)),
        "confirm": request.restoration.word,
        "checks": [],
        "measured": {},
        "recovered": {},
        "kept": list(found.old),
    }


PLANS: Mapping[str, Callable[[Restoration, Found], Plan]] = {
    RESTORED: plan_restore,
    FORESEEN: foresee,
    DISCARDED: lambda _wanted, found: plan_discard(found),
}


BACKUP_RESTORE = Operation(
    parse=_parse,
    read=_read,
    plan=_plan,
    apply=_apply,
    predict=_report,
    requires=(PSYCOPG,),
)
