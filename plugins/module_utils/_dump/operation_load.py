# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A load, put together for the module."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.errors import InvalidInput, Refused
from .._core.plan import Plan
from .._core.text import NAME
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, Seconds, into
from .._fence.fence import Fence, check
from .._postgres.operation_database import DATABASE
from .._postgres.postgres import session
from . import databases, programs, shelf
from .choice import outward
from .loading import limits, load_tables, load_whole, maintenance, turn
from .model import STAMP, Load, Loadable
from .plan import aside, load_plan, loaded, schema, target

LOAD_OPTIONS = {
    "database": {"type": "dict", "required": True, "options": DATABASE},
    "src": {"type": "path", "required": True},
    "into": {"type": "str", "default": ""},
    "tables": {"type": "list", "elements": "str", "default": []},
    "jobs": {"type": "int", "default": 1},
    "replace": {"type": "bool", "default": False},
    "environment": {"type": "str", "default": ""},
    "confirm": {"type": "str", "default": ""},
    "disconnect": {"type": "bool", "default": False},
    "maintenance": {"type": "str", "default": "postgres"},
    "timeout": {"type": "str", "default": "4h"},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class Terms:
    """What of a load is written in a way of its own."""

    timeout: Seconds | None = None
    fence: Fence | None = None


@dataclass(frozen=True)
class Request:
    """A load, and the fence under which it is done."""

    load: Load
    fence: Fence | None = None


def _parse(params: Mapping[str, Any]) -> Request:
    terms = into(Terms, params)
    load = into(Load, {**params, "timeout": terms.timeout})
    if sum(map(bool, (load.into, load.tables, load.replace))) > 1:
        raise InvalidInput("a dump goes into another database, or its tables into a schema, or it replaces: give one of them")
    if load.replace:
        _demand_word(load)
    return Request(load, terms.fence)


def _demand_word(load: Load) -> None:
    NAME.check(load.environment)
    if load.confirm != load.word:
        raise Refused(
            f"{load.database.dbname} of {load.environment} would be replaced by what {load.src} has, and what was written since "
            f'would be in the old one only. If you mean that, give confirm: "{load.word}"',
            confirm=load.word,
        )


def _read(wanted: Request) -> Loadable:
    load = wanted.load
    manifest, program = shelf.verified(load.src), programs.version("pg_restore")
    with session(maintenance(load), limits(load)) as connection:
        server = databases.server(connection, load.database.dbname)
    return Loadable(manifest, server, program, time.strftime(STAMP, time.gmtime()))


def _plan(wanted: Request, found: Loadable) -> Plan:
    return load_plan(wanted.load, found)


def _apply(wanted: Request, found: Loadable, planned: Plan) -> Report:
    begin = time.monotonic()
    with turn(wanted.load) as connection:
        _check(wanted.fence)
        for step in planned.steps:
            if step.action == "drop":
                databases.drop(connection, step.data)
        if wanted.load.tables:
            load_tables(connection, wanted.load, found)
        else:
            load_whole(connection, wanted.load, found, lambda: _check(wanted.fence))
    return {**_predict(wanted, found), "seconds": round(time.monotonic() - begin, 3)}


def _check(fence: Fence | None) -> None:
    if fence:
        check(fence)


def _predict(wanted: Request, found: Loadable) -> Report:
    """Where everything goes, and what does not come along."""
    load = wanted.load
    rows = {table.full: table.rows for table in loaded(load, found) if table.rows is not None}
    if load.tables:
        lost = [f"{key.name} of {key.table} to {key.to}" for key in outward(found.manifest.foreign_keys, loaded(load, found))]
        return {"schema": schema(found), "rows": rows, "dropped_foreign_keys": lost}
    if load.replace:
        return {"into": load.database.dbname, "rows": rows, "kept": aside(load, found)}
    return {"into": target(load, found), "rows": rows}


LOAD = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_predict, requires=(PSYCOPG,))
