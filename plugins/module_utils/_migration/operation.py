# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, planning and applying migrations, put together for the modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import MainstayError
from .._core.plan import Plan
from .._core.text import VERSION
from .._edge.require import PSYCOPG, Library, require
from .._edge.run import Operation, Reading, Report
from .._edge.spec import FENCE, Seconds, into
from .._fence.fence import Fence, check
from . import report, turn
from .history import History
from .kinds import Directory, alembic_directory, sql_directory
from .model import SCHEMA, Aim, Database, Found, Limits
from .patience import Patience
from .plan import plan
from .postgres import session
from .runner import Runner

ALEMBIC = (Library("alembic", "python3-alembic"), Library("sqlalchemy", "", least=2))

DATABASE = {
    "dbname": {"type": "str", "required": True},
    "host": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 5432},
    "user": {"type": "str", "default": ""},
    "password": {"type": "str", "default": "", "no_log": True},
    "sslmode": {
        "type": "str",
        "default": "verify-full",
        "choices": ["disable", "prefer", "require", "verify-ca", "verify-full"],
    },
    "ca": {"type": "path", "default": ""},
    "application_name": {"type": "str", "default": "mainstay"},
}
SOURCE = {
    "database": {"type": "dict", "required": True, "options": DATABASE},
    "kind": {"type": "str", "choices": ["sql", "alembic"], "default": "sql"},
    "src": {"type": "path", "default": ""},
    "remote_src": {"type": "bool", "default": False},
    "files": {"type": "dict"},
    "history_schema": {"type": "str", "default": "mainstay"},
}
MIGRATE = {
    **SOURCE,
    "release": {"type": "str", "default": ""},
    "direction": {"type": "str", "choices": ["up", "down"], "default": "up"},
    "target": {"type": "str", "default": ""},
    "lock_timeout": {"type": "str", "default": "100ms"},
    "statement_timeout": {"type": "str", "default": "60s"},
    "deadline": {"type": "str", "default": "10m"},
    "out_of_order": {"type": "bool", "default": False},
    "repair": {"type": "bool", "default": False},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class Terms:
    """How migrating is written by a user."""

    database: Database
    kind: str = "sql"
    src: str = ""
    files: Mapping[str, Any] | None = None
    history_schema: str = "mainstay"
    lock_timeout: Seconds | None = None
    statement_timeout: Seconds | None = None
    deadline: Seconds | None = None
    fence: Fence | None = None


@dataclass(frozen=True)
class Wanted:
    """The migrations that there are, and where to go with them."""

    database: Database
    limits: Limits
    schema: str
    directory: Directory
    aim: Aim = field(default_factory=Aim)
    fence: Fence | None = None


def _parse(params: Mapping[str, Any]) -> Wanted:
    terms, aim = into(Terms, params), into(Aim, params)
    if aim.release:
        VERSION.check(aim.release)
    limits = into(Limits, {"lock": terms.lock_timeout, "statement": terms.statement_timeout, "deadline": terms.deadline})
    return Wanted(terms.database, limits, SCHEMA.check(terms.history_schema), _directory(terms, limits), aim, terms.fence)


def _directory(terms: Terms, limits: Limits) -> Directory:
    if terms.kind == "sql":
        return sql_directory(terms.src, terms.files)
    require(ALEMBIC)
    return alembic_directory(terms.src, terms.files, terms.database, limits)


def _read(wanted: Wanted) -> Found:
    with session(wanted.database, wanted.limits) as connection:
        return wanted.directory.found(History(connection, wanted.schema))


def _plan(wanted: Wanted, found: Found) -> Plan:
    return plan(wanted.directory.migrations, wanted.aim, found)


def _apply(wanted: Wanted, found: Found, planned: Plan) -> Report:
    """Take the turn, look again at what is there by now, and do what is still to be done."""
    with _turn(wanted) as runner:
        before = wanted.directory.found(runner.history)
        fresh = _plan(wanted, before)
        _perform(wanted, runner, fresh)
        after = wanted.directory.found(runner.history)
    spent = {"retries": runner.patience.retries, "waited_ms": runner.patience.waited_ms}
    return {**report.outcome(wanted.directory.migrations, fresh, before, after), **spent}


@contextmanager
def _turn(wanted: Wanted) -> Iterator[Runner]:
    patience = Patience(wanted.limits.deadline)
    with session(wanted.database, wanted.limits) as connection:
        turn.take(connection, wanted.schema, patience.left)
        history = History(connection, wanted.schema)
        history.prepare()
        yield Runner(connection, history, wanted.limits, patience, wanted.aim.release)


def _perform(wanted: Wanted, runner: Runner, fresh: Plan) -> None:
    for number, step in enumerate(fresh.steps):
        try:
            if wanted.fence:
                check(wanted.fence)
            wanted.directory.perform(runner, step)
        except MainstayError as error:
            raise type(error)(error.message, **{**error.details, **report.broken_off(fresh, number)}) from error


def _predict(wanted: Wanted, found: Found) -> Report:
    return report.forecast(wanted.directory.migrations, _plan(wanted, found), found)


def _info(wanted: Wanted) -> Report:
    return report.info(wanted.directory.migrations, _read(wanted))


DB_MIGRATE = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_predict, requires=(PSYCOPG,))
DB_MIGRATE_INFO = Reading(parse=_parse, read=_info, requires=(PSYCOPG,))
