# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writing down a restore point that another server of the cluster made, put together for the module restore_point_note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._core.errors import InvalidInput
from .._core.plan import Plan, Step
from .._core.text import NAME, shown, within
from .._edge.run import Operation, Report
from .._store.directory import DirectoryStore
from . import recoveries
from .model import FILE, STANZA
from .points import Point
from .target import POINT
from .wal import lsn, lsn_text, parsed_name

NOTE = "note"
LATEST = 2.0**33
"""In the year 2242."""
MADE = {
    "name": {"type": "str", "required": True},
    "lsn": {"type": "str", "required": True},
    "segment": {"type": "str", "required": True},
    "at": {"type": "float", "required": True},
    "system_id": {"type": "str", "required": True},
}
"""Argument spec of a point as restore_point returns it."""


@dataclass(frozen=True)
class Request:
    """The point, and the stanza of the cluster that has it."""

    point: Point
    stanza: str
    store: DirectoryStore


def _parse(params: Mapping[str, Any]) -> Request:
    return Request(
        point=_point(params["point"]),
        stanza=STANZA.check(params["stanza"]),
        store=recoveries.open_store(FILE.check(params["directory"]), NAME.check(params["environment"])),
    )


def _point(given: Mapping[str, Any]) -> Point:
    if not parsed_name(given["segment"]):
        raise InvalidInput(f"{shown(given['segment'])} is not a segment: take what restore_point returned")
    if not (given["system_id"].isascii() and given["system_id"].isdigit() and len(given["system_id"]) <= 20):
        raise InvalidInput(f"{shown(given['system_id'])} is not a system identifier: take what restore_point returned")
    at = within("at in seconds since the epoch", given["at"], 0, LATEST)
    return Point(POINT.check(given["name"]), lsn(given["lsn"]), given["segment"], at, int(given["system_id"]))


def _read(wanted: Request) -> Mapping[str, Any] | None:
    return recoveries.point(wanted.store, wanted.stanza, wanted.point.name)


def _plan(wanted: Request, known: Mapping[str, Any] | None) -> Plan:
    """Whoever restores takes the first of a name, so another one of the same name is a mistake that somebody must see."""
    if known is None:
        return Plan((Step(NOTE, wanted.point.name, "", lsn_text(wanted.point.position), asdict(wanted.point)),))
    if {**known, "stanza": wanted.stanza} != _record(wanted):
        raise InvalidInput(
            f"a restore point {wanted.point.name} is known here already, at {lsn_text(int(known.get('position') or 0))}: give "
            "another name; nothing was written"
        )
    return Plan()


def _record(wanted: Request) -> dict[str, Any]:
    return {"stanza": wanted.stanza, **asdict(wanted.point)}


def _apply(wanted: Request, _known: Mapping[str, Any] | None, _plan: Plan) -> Report:
    recoveries.remember(wanted.store, recoveries.POINTS, _record(wanted))
    return {}


RESTORE_POINT_NOTE = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply)
