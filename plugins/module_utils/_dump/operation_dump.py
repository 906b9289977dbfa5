# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A dump, put together for the module."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from .._core.plan import Plan
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, Seconds, into
from .._fence.fence import Fence, check
from .._postgres.operation_database import DATABASE
from .._postgres.postgres import session
from . import catalog, programs, shelf
from .model import STAMP, Dump, Found, Manifest
from .plan import dump_plan, name, selected
from .taking import limits, taken

DUMP_OPTIONS = {
    "database": {"type": "dict", "required": True, "options": DATABASE},
    "dest": {"type": "path", "required": True},
    "name": {"type": "str", "default": ""},
    "tables": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "int", "default": 7},
    "lock_timeout": {"type": "str", "default": "10s"},
    "timeout": {"type": "str", "default": "4h"},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class Terms:
    """What of a dump is written in a way of its own."""

    lock_timeout: Seconds | None = None
    timeout: Seconds | None = None
    fence: Fence | None = None


@dataclass(frozen=True)
class Request:
    """A dump, and the fence under which it is taken."""

    dump: Dump
    fence: Fence | None = None


def _parse(params: Mapping[str, Any]) -> Request:
    terms = into(Terms, params)
    times = {"lock_timeout": terms.lock_timeout, "timeout": terms.timeout}
    return Request(into(Dump, {**params, **times}), terms.fence)


def _read(wanted: Request) -> Found:
    dump = wanted.dump
    there, program = shelf.seen(dump.dest, dump.called), programs.version("pg_dump")
    with session(dump.database, limits(dump)) as connection:
        source = catalog.source(connection)
        if dump.tables and not source.unreadable:
            source = replace(source, size=catalog.size(connection, selected(dump, source.tables)))
    return Found(source, there, program, _stamp(dump))


def _stamp(dump: Dump) -> str:
    """This second, or the next if there is a dump of this one."""
    while (Path(dump.dest) / name(dump, stamp := time.strftime(STAMP, time.gmtime()))).exists():
        time.sleep(0.1)
    return stamp


def _plan(wanted: Request, found: Found) -> Plan:
    return dump_plan(wanted.dump, found)


def _apply(wanted: Request, found: Found, planned: Plan) -> Report:
    report: Report = {}
    for step in planned.steps:
        if wanted.fence:
            check(wanted.fence)
        match step.action:
            case "create":
                shelf.make(step.subject)
            case "dump":
                report = _report(wanted.dump, taken(wanted.dump, found))
            case _:
                shelf.remove(step.data)
    return report


def _report(dump: Dump, manifest: Manifest) -> Report:
    told = {key: value for key, value in asdict(manifest).items() if key in {"sha256", "bytes", "seconds", "when"}}
    return {"file": f"{dump.dest}/{manifest.file}", "rows": manifest.rows, **told}


DUMP = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, requires=(PSYCOPG,))
