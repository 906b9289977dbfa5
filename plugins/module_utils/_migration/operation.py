# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading, planning and applying migrations, put together for the modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from .._core.errors import InvalidInput, MainstayError
from .._core.plan import Plan
from .._core.text import VERSION
from .._edge.require import PSYCOPG, Library, require
from .._edge.run import Operation, Reading, Report
from .._edge.spec import FENCE, Seconds, into
from .._fence.fence import Fence, check
from .._postgres.model import SCHEMA, Database, Limits
from .._postgres.operation_database import DATABASE
from .._postgres.postgres import may_limit_files, session
from . import identity, report, squawk, turn
from .history import History
from .kinds import Directory, alembic_directory, sql_directory
from .model import Aim, Found, Linted, Server, Violation
from .patience import Patience
from .plan import pending, plan, waiting
from .runner import Runner

ALEMBIC = (Library("alembic", "python3-alembic"), Library("sqlalchemy", "", least=2))

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
    "transaction_timeout": {"type": "str", "default": "5m"},
    "idle_timeout": {"type": "str", "default": "60s"},
    "temp_file_limit": {"type": "str", "default": ""},
    "deadline": {"type": "str", "default": "10m"},
    "out_of_order": {"type": "bool", "default": False},
    "baseline": {"type": "str", "default": ""},
    "expect_system_identifier": {"type": "str", "default": ""},
    "unlinted": {"type": "str", "default": ""},
    "linted": {"type": "dict"},
    "max_lag": {"type": "str", "default": "5s"},
    "serves": {"type": "str", "default": ""},
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
    transaction_timeout: Seconds | None = None
    idle_timeout: Seconds | None = None
    temp_file_limit: str = ""
    deadline: Seconds | None = None
    max_lag: Seconds | None = None
    fence: Fence | None = None
    linted: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Wanted:
    """The migrations that there are, and where to go with them."""

    database: Database
    limits: Limits
    schema: str
    directory: Directory
    aim: Aim = field(default_factory=Aim)
    fence: Fence | None = None
    linted: Linted = field(default_factory=dict)
    max_lag: float = 5.0


def parse(params: Mapping[str, Any]) -> Wanted:
    terms, aim = into(Terms, params), into(Aim, params)
    if aim.release:
        VERSION.check(aim.release)
    if aim.baseline and (aim.target or aim.direction == "down"):
        raise InvalidInput("baseline writes down what is there and runs nothing: leave out target and direction")
    limits = _limits(terms)
    schema, linted = SCHEMA.check(terms.history_schema), _linted(terms.linted)
    return Wanted(terms.database, limits, schema, _directory(terms, limits), aim, terms.fence, linted, terms.max_lag or 0.0)


def _limits(terms: Terms) -> Limits:
    given = {name: getattr(terms, f"{name}_timeout") for name in ("lock", "statement", "transaction", "idle")}
    return into(Limits, {**given, "deadline": terms.deadline, "temp": terms.temp_file_limit})


def _linted(given: Mapping[str, Any] | None) -> Linted:
    """What squawk said on the controller, as the action plugin hands it over."""
    try:
        return {checksum: tuple(Violation(**one) for one in found) for checksum, found in (given or {}).items()}
    except TypeError as error:
        raise InvalidInput("linted is not what squawk said: it is set by the action plugin, leave it out") from error


def _directory(terms: Terms, limits: Limits) -> Directory:
    if terms.kind == "sql":
        return sql_directory(terms.src, terms.files)
    require(ALEMBIC)
    return alembic_directory(terms.src, terms.files, terms.database, replace(limits, temp=""))


def _read(wanted: Wanted) -> Found:
    with session(wanted.database, replace(wanted.limits, temp="")) as connection:
        history = History(connection, wanted.schema)
        return _examined(wanted, history, _known(wanted, history, identity.read(connection)))


def _known(wanted: Wanted, history: History, server: Server) -> Found:
    found = wanted.directory.found(history, server)
    return replace(found, tables=history.tables()) if wanted.aim.baseline else found


def _examined(wanted: Wanted, history: History, found: Found) -> Found:
    """With what squawk says of what is about to run: the one of this host, or else of the controller."""
    if wanted.aim.direction == "down" or wanted.aim.baseline or found.standby:
        return found
    late = waiting(wanted.directory.migrations, wanted.aim, found)
    coming = [one for one in pending(wanted.directory.migrations, found, wanted.aim.target) if one not in late]
    unseen, rendered = wanted.directory.as_sql(coming, history) if coming else ((), {})
    version = history.connection.info.server_version
    silent = dict.fromkeys(rendered.keys() - {one.checksum for one in unseen}, ())
    linted = {**silent, **squawk.lint(unseen, version), **wanted.linted}
    return replace(found, server_version=version, unseen=unseen, rendered=rendered, linted=linted)


def _plan(wanted: Wanted, found: Found) -> Plan:
    return plan(wanted.directory.migrations, wanted.aim, found)


def _apply(wanted: Wanted, found: Found, planned: Plan) -> Report:
    """Take the turn, look again at what is there by now, and do what is still to be done."""
    with _turn(wanted, found) as runner:
        before = replace(_known(wanted, runner.history, runner.server), linted=found.linted, rendered=found.rendered)
        fresh = _plan(wanted, before)
        _perform(wanted, runner, fresh, before)
        after = wanted.directory.found(runner.history, runner.server)
    spent = {"retries": runner.patience.retries, "waited_ms": runner.patience.waited_ms}
    written = {"backfilled": report.backfilled(runner.backfilled), "warnings": _unlimited(wanted, runner)}
    return {
        **report.outcome(wanted.directory.migrations, fresh, before, after, wanted.aim.unlinted),
        **_waiting(wanted, after),
        **spent,
        **written,
    }


def _unlimited(wanted: Wanted, runner: Runner) -> list[str]:
    """Which limit did not hold, because the role may not set it."""
    if wanted.limits.temp == runner.limits.temp:
        return []
    return [
        "this role may not set temp_file_limit, so it did not hold: GRANT SET ON PARAMETER temp_file_limit to it (PostgreSQL 15)"
    ]


@contextmanager
def _turn(wanted: Wanted, found: Found) -> Iterator[Runner]:
    patience = Patience(wanted.limits.deadline)
    with session(wanted.database, replace(wanted.limits, temp="")) as connection:
        turn.take(connection, wanted.schema, patience.left)
        server = found.server or identity.read(connection)
        identity.demand(connection, server)
        history = History(connection, wanted.schema)
        history.prepare()
        limits = wanted.limits if not wanted.limits.temp or may_limit_files(connection) else replace(wanted.limits, temp="")
        yield Runner(connection, history, limits, patience, wanted.aim.release, server, wanted.max_lag)


def _perform(wanted: Wanted, runner: Runner, fresh: Plan, before: Found) -> None:
    if wanted.aim.baseline and fresh.changed:
        if wanted.fence:
            check(wanted.fence)
        wanted.directory.take_over(runner, fresh.steps)
        return
    for number, step in enumerate(fresh.steps):
        try:
            if wanted.fence:
                check(wanted.fence)
            wanted.directory.perform(runner, step)
            runner.verify()
        except MainstayError as error:
            done = report.broken_off(fresh, number, before, wanted.aim.unlinted)
            raise type(error)(error.message, **{**error.details, **done}) from error


def _predict(wanted: Wanted, found: Found) -> Report:
    return {
        **report.forecast(wanted.directory.migrations, _plan(wanted, found), found, wanted.aim.unlinted),
        **_waiting(wanted, found),
    }


def _waiting(wanted: Wanted, found: Found) -> Report:
    """What runs once the code that serves knows it."""
    return {"waiting": [migration.title for migration in waiting(wanted.directory.migrations, wanted.aim, found)]}


def _info(wanted: Wanted) -> Report:
    with session(wanted.database, wanted.limits) as connection:
        found = wanted.directory.found(History(connection, wanted.schema), identity.read(connection))
    return report.info(wanted.directory.migrations, found)


DB_MIGRATE = Operation(parse=parse, read=_read, plan=_plan, apply=_apply, predict=_predict, requires=(PSYCOPG,))
DB_MIGRATE_INFO = Reading(parse=parse, read=_info, requires=(PSYCOPG,))
