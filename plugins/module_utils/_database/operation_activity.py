# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at what sessions do, and ending some of them, put together for the modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.plan import Plan
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Reading, Report
from .._edge.spec import FENCE, Seconds, into
from .._fence.fence import Fence, check
from .._postgres.model import Database, Limits
from .._postgres.operation_database import DATABASE
from .._postgres.postgres import session
from .ending import Tally, demand_signal, end
from .model import MOST_AT_ONCE, Activity, Ending, Marks, Rule
from .plan import chosen, plan
from .report import report
from .sessions import activity

LOOK = {
    "database": {"type": "dict", "required": True, "options": DATABASE},
    "idle": {"type": "str", "default": "1m"},
    "transaction": {"type": "str", "default": "5m"},
    "slow": {"type": "str", "default": "5s"},
    "most": {"type": "int", "default": 20},
    "timeout": {"type": "str", "default": "10s"},
}
RULE = {
    "state": {"type": "str", "choices": ["active", "idle", "idle in transaction", "idle in transaction (aborted)"]},
    "older": {"type": "str", "required": True},
    "application": {"type": "str"},
    "user": {"type": "str"},
    "blocking": {"type": "int", "default": 0},
    "terminate": {"type": "bool", "default": False},
}
END = {
    "database": {"type": "dict", "required": True, "options": DATABASE},
    "rules": {"type": "list", "elements": "dict", "required": True, "options": RULE},
    "protected": {"type": "list", "elements": "str", "default": []},
    "grace": {"type": "str", "default": "5s"},
    "largest": {"type": "int", "default": 5},
    "confirm": {"type": "str"},
    "timeout": {"type": "str", "default": "10s"},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class LookTerms:
    """How a look is written by a user."""

    database: Database
    idle: Seconds
    transaction: Seconds
    slow: Seconds
    timeout: Seconds
    most: int


@dataclass(frozen=True)
class RuleTerms:
    """How a rule is written by a user."""

    older: Seconds
    state: str = ""
    application: str = ""
    user: str = ""
    blocking: int = 0
    terminate: bool = False


@dataclass(frozen=True)
class EndTerms:
    """How ending sessions is written by a user."""

    database: Database
    rules: tuple[RuleTerms, ...]
    protected: tuple[str, ...]
    grace: Seconds
    largest: int
    timeout: Seconds
    confirm: str = ""
    fence: Fence | None = None


@dataclass(frozen=True)
class Look:
    """Where to look, and what is worth telling."""

    database: Database
    limits: Limits
    marks: Marks


@dataclass(frozen=True)
class Request:
    """Where to end which sessions, and the fence under which it is done."""

    database: Database
    limits: Limits
    ending: Ending
    fence: Fence | None


def _parse_look(params: Mapping[str, Any]) -> Look:
    terms = into(LookTerms, params)
    marks = Marks(terms.idle, terms.transaction, terms.slow, most=terms.most)
    return Look(terms.database, Limits(lock=1, statement=terms.timeout), marks)


def _look(wanted: Look) -> Report:
    with session(wanted.database, wanted.limits) as connection:
        return report(activity(connection, costly=wanted.marks.most), wanted.marks)


def _parse(params: Mapping[str, Any]) -> Request:
    terms = into(EndTerms, params)
    rules = tuple(Rule(**vars(rule)) for rule in terms.rules)
    ending = Ending(_place(terms.database), rules, terms.protected, terms.largest, terms.confirm, terms.grace)
    return Request(terms.database, Limits(lock=1, statement=terms.timeout), ending, terms.fence)


def _place(database: Database) -> str:
    return f"{database.host or 'the local socket'}:{database.port}/{database.dbname}"


def _read(wanted: Request) -> Activity:
    with session(wanted.database, wanted.limits) as connection:
        found = activity(connection)
        demand_signal(connection, [match.session.user for match in chosen(wanted.ending, found)])
        return found


def _apply(wanted: Request, found: Activity, planned: Plan) -> Report:
    with session(wanted.database, wanted.limits) as connection:
        done = end(connection, planned.steps, wanted.ending.grace, lambda: _check(wanted.fence))
    return _told(wanted, found, done)


def _check(fence: Fence | None) -> None:
    if fence:
        check(fence)


def _told(wanted: Request, found: Activity, done: Tally) -> Report:
    matched = len(chosen(wanted.ending, found))
    left = max(0, matched - MOST_AT_ONCE)
    return {"matched": matched, "left": left, **done.as_dict()}


DATABASE_ACTIVITY_INFO = Reading(parse=_parse_look, read=_look, requires=(PSYCOPG,))
DATABASE_ACTIVITY = Operation(
    parse=_parse,
    read=_read,
    plan=lambda wanted, found: plan(wanted.ending, found),
    apply=_apply,
    predict=lambda wanted, found: _told(wanted, found, Tally()),
    requires=(PSYCOPG,),
)
