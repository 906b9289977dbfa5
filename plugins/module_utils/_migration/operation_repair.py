# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading what is wrong with a history, and repairing what somebody chose, put together for the module db_migrate_repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from .._core.plan import Plan, Step
from .._core.text import NAME
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Report
from .._edge.spec import FENCE, into
from .._fence.fence import check
from .._postgres.model import Limits
from .._postgres.postgres import session, settle, suspects, transaction
from . import identity, index, turn
from .history import History
from .model import Invalid
from .operation import SOURCE, Wanted, parse
from .patience import Patience
from .plan import refuse_stranger
from .refused import OnStandby
from .trouble import DROP, FORGET, Trouble, demand_words, plan_repairs, seen, troubles

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

REPAIR = {
    **SOURCE,
    "expect_system_identifier": {"type": "str", "default": ""},
    "environment": {"type": "str", "required": True},
    "repairs": {"type": "dict", "default": {}},
    "seen": {"type": "str", "default": ""},
    "confirm": {"type": "str", "default": ""},
    "who": {"type": "str", "default": ""},
    "fence": {"type": "dict", "options": FENCE},
}
TURN_S = 2.0
"""A runner that is at work is not waited for: what it began is not dead."""


@dataclass(frozen=True)
class Choice:
    """What to do about which trouble, of all that were ``seen``, and the words that were typed."""

    environment: str
    repairs: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""
    confirm: str = ""
    who: str = ""

    def __post_init__(self) -> None:
        NAME.check(self.environment)


@dataclass(frozen=True)
class Repairs:
    """A choice, and the migrations and the database that it is about."""

    source: Wanted
    choice: Choice

    @property
    def word(self) -> str:
        return f"{self.choice.environment} {self.source.database.host or 'localhost'}"


Troubles = tuple[Trouble, ...]


def _parse(params: Mapping[str, Any]) -> Repairs:
    return Repairs(parse(params), into(Choice, params))


@contextmanager
def _alone(wanted: Repairs) -> Iterator[Connection]:
    """A session that has the turn, so that nobody migrates meanwhile."""
    with session(wanted.source.database, wanted.source.limits) as connection:
        turn.take(connection, wanted.source.schema, TURN_S)
        yield connection


def _read(wanted: Repairs) -> Troubles:
    with _alone(wanted) as connection:
        return _troubles(wanted, connection)


def _troubles(wanted: Repairs, connection: Connection) -> Troubles:
    found = wanted.source.directory.found(History(connection, wanted.source.schema), identity.read(connection))
    refuse_stranger(wanted.source.aim, found)
    if found.standby:
        raise OnStandby("the server is a standby, which only replays its primary: give the host of the primary")
    return troubles(wanted.source.directory.migrations, found, index.invalid(connection))


def _plan(wanted: Repairs, found: Troubles) -> Plan:
    planned = plan_repairs(found, wanted.choice.repairs, wanted.choice.seen)
    demand_words(wanted.choice.repairs, wanted.choice.confirm, wanted.word)
    return planned


def _apply(wanted: Repairs, found: Troubles, planned: Plan) -> Report:
    """Take the turn, look again whether all is as it was shown, and only then do what was chosen."""
    with _alone(wanted) as connection:
        fresh = _plan(wanted, _troubles(wanted, connection))
        History(connection, wanted.source.schema).prepare()
        for step in fresh.steps:
            if wanted.source.fence:
                check(wanted.source.fence)
            _repair(wanted, connection, step)
        return _report(wanted, _troubles(wanted, connection))


def _repair(wanted: Repairs, connection: Connection, step: Step) -> None:
    trouble: Trouble = step.data
    if trouble.index:
        _index(connection, trouble.index, step.action)
        return
    history = History(connection, wanted.source.schema)
    with transaction(connection, wanted.source.limits):
        if trouble.row and step.action == FORGET:
            history.forget(trouble.row.version)
        elif trouble.row:
            checksum = trouble.file.checksum if trouble.file else trouble.row.checksum
            history.repaired(trouble.row.version, checksum, f"repaired: {step.action} {wanted.choice.who}".strip())


def _index(connection: Connection, one: Invalid, action: str) -> None:
    """Concurrently, so that it may take long and wait for readers without stalling anybody.

    A drop gives up its place after a second and looks again, because what it waits for may be whoever makes the index valid. A
    rebuild does no harm to a valid one, and an attempt that gives up leaves another copy behind: it may wait.
    """
    limits = Limits(lock=1.0 if action == DROP else 60.0, statement=86400.0, deadline=86400.0)
    settle(connection, limits)
    act = index.drop if action == DROP else index.rebuild

    def once() -> None:
        index.demand_invalid(connection, one)
        act(connection, one)

    Patience(limits.deadline).attempt(one.name, once, partial(suspects, connection))


def _report(wanted: Repairs, found: Troubles) -> Report:
    return {"troubles": [_told(one) for one in found], "seen": seen(found), "confirm": wanted.word}


def _told(one: Trouble) -> Mapping[str, Any]:
    told = {name: getattr(one, name) for name in ("subject", "kind", "told", "proposal")}
    return {**told, "actions": list(one.actions)}


DB_MIGRATE_REPAIR = Operation(parse=_parse, read=_read, plan=_plan, apply=_apply, predict=_report, requires=(PSYCOPG,))
