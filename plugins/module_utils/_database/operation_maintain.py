# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking after the tables and indexes of a database, put together for the modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._core.plan import Plan
from .._core.text import listed, within
from .._edge.require import PSYCOPG
from .._edge.run import Operation, Reading, Report
from .._edge.spec import FENCE, Seconds, into
from .._fence.fence import Fence, check
from .._postgres.model import Database, Limits, StatementFailed
from .._postgres.operation_database import DATABASE
from .._postgres.postgres import session
from .care import every, plan
from .measured import measured
from .tables import wear
from .upkeep import Care, Wear
from .upkeep_report import report
from .vacuum import Pacing, Work, work_off

COMMON = {
    "database": {"type": "dict", "required": True, "options": DATABASE},
    "schemas": {"type": "list", "elements": "str", "default": []},
    "dead": {"type": "float", "default": 0.1},
    "bloat": {"type": "float", "default": 0.5},
    "most": {"type": "int", "default": 20},
    "timeout": {"type": "str", "default": "30s"},
}
MAINTAIN = {
    **COMMON,
    "vacuum": {"type": "bool", "default": True},
    "analyze": {"type": "bool", "default": True},
    "reindex": {"type": "bool", "default": True},
    "drop_invalid": {"type": "bool", "default": False},
    "gigabytes": {"type": "int", "default": 50},
    "lock_timeout": {"type": "str", "default": "1s"},
    "deadline": {"type": "str", "default": "1h"},
    "cost_delay": {"type": "str", "default": "2ms"},
    "fence": {"type": "dict", "options": FENCE},
}


@dataclass(frozen=True)
class Terms:
    """How care is written by a user, besides what ``Care`` holds."""

    database: Database
    timeout: Seconds
    lock_timeout: Seconds | float = 1.0
    deadline: Seconds | float = 3600.0
    cost_delay: Seconds | float = 0.002
    fence: Fence | None = None


@dataclass(frozen=True)
class Request:
    """Which database is looked after how, and the fence under which it is done."""

    database: Database
    care: Care
    limits: Limits
    pacing: Pacing
    fence: Fence | None


def _parse(params: Mapping[str, Any]) -> Request:
    terms = into(Terms, params)
    rest = within("cost_delay in seconds", terms.cost_delay, 0.0005, 0.1)
    limits = Limits(terms.lock_timeout, terms.timeout, terms.deadline)
    return Request(terms.database, into(Care, params), limits, Pacing(limits.lock, limits.deadline, rest), terms.fence)


def _read(wanted: Request) -> Wear:
    with session(wanted.database, wanted.limits) as connection:
        return wear(connection, wanted.care)


def _apply(wanted: Request, found: Wear, planned: Plan) -> Report:
    with session(wanted.database, wanted.limits) as connection:
        work = work_off(connection, planned.steps, wanted.pacing, lambda: _check(wanted.fence))
    if work.refused:
        first = work.refused[0]
        raise StatementFailed(
            f"{listed(one['subject'] for one in work.refused)} could not be cared for, the first because of {first['reason']}. "
            f"{len(work.done)} other steps were done",
            **work.as_dict(),
        )
    return {**_told(wanted, found, planned, work), "warnings": _warnings(work)}


def _check(fence: Fence | None) -> None:
    if fence:
        check(fence)


def _warnings(work: Work) -> list[str]:
    passed_by = [f"{one['subject']} was passed by: {one['reason']}; the next run tries again" for one in work.passed_by]
    return [*passed_by, *(["the time was over before all was done; the next run goes on"] if work.is_over else [])]


def _told(wanted: Request, found: Wear, planned: Plan, work: Work) -> Report:
    return {"left": len(every(wanted.care, found)) - len(planned.steps), **work.as_dict()}


def _look(wanted: Request) -> Report:
    with session(wanted.database, wanted.limits) as connection:
        found = measured(connection, wear(connection, wanted.care), wanted.care.bloat)
    return report(found, wanted.care, wanted.care.most)


DATABASE_MAINTAIN_INFO = Reading(parse=_parse, read=_look, requires=(PSYCOPG,))
DATABASE_MAINTAIN = Operation(
    parse=_parse,
    read=_read,
    plan=lambda wanted, found: plan(wanted.care, found),
    apply=_apply,
    predict=lambda wanted, found: _told(wanted, found, plan(wanted.care, found), Work()),
    requires=(PSYCOPG,),
)
