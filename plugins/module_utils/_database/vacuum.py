# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking after tables and indexes one by one, so that nobody waits: small lock timeouts, an end in sight, and slowly.

VACUUM leaves the empty end of a table alone (TRUNCATE false): giving it back takes a lock that stops readers, on standbys too.
A rebuild waits for older transactions, and holds up nobody but other maintenance while it does, so it may wait longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._core.plan import Step
from .._postgres.model import Blocked, Limits, StatementFailed
from .._postgres.postgres import send, settle
from .care import ANALYZE, BOTH, DROP, FREEZE, REBUILD, VACUUM
from .upkeep import Index

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

REBUILD_WAITS, LEAST = 60.0, 0.2
STATEMENTS = {
    FREEZE: "VACUUM (FREEZE, TRUNCATE false) {}",
    BOTH: "VACUUM (ANALYZE, TRUNCATE false) {}",
    VACUUM: "VACUUM (TRUNCATE false) {}",
    ANALYZE: "ANALYZE {}",
    REBUILD: "REINDEX INDEX CONCURRENTLY {}",
    DROP: "DROP INDEX CONCURRENTLY IF EXISTS {}",
}
IS_INVALID = b"SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
LEFT_OVER = b"""
SELECT n.nspname, x.relname FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
WHERE NOT i.indisvalid AND x.relname ~ '_cc(new|old)[0-9]*$' AND i.indrelid =
  (SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass(%s))
"""
OUT_OF_TIME = "57014"
OPEN = b"""
SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::int FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
AND xact_start < clock_timestamp() - interval '2 s' ORDER BY xact_start LIMIT 1
"""


@dataclass
class Work:
    """What was done, what was passed by, and what PostgreSQL refused."""

    done: list[str] = field(default_factory=list)
    passed_by: list[dict[str, str]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    is_over: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {"done": self.done, "passed_by": self.passed_by, "refused": self.refused, "finished": not self.is_over}


@dataclass(frozen=True)
class Pacing:
    """How long a lock is waited for, how long all may take, and how long vacuum rests after each bit of work, in seconds."""

    lock: float
    deadline: float
    rest: float


def work_off(connection: Connection, steps: Sequence[Step], pacing: Pacing, before_each: Callable[[], None]) -> Work:
    """Do the steps until the time is over; whatever is left is found again by the next run."""
    work, end = Work(), time.monotonic() + pacing.deadline
    for step in steps:
        left = end - time.monotonic()
        if left < LEAST or work.is_over:
            work.is_over = True
            break
        before_each()
        _try(connection, step, pacing, left, work)
    return work


def _try(connection: Connection, step: Step, pacing: Pacing, left: float, work: Work) -> None:
    try:
        _do(connection, step, pacing, left)
        work.done.append(f"{step.action} {step.subject}")
    except Blocked as blocked:
        work.passed_by.append({"subject": step.subject, "reason": str(blocked)})
    except StatementFailed as failure:
        work.is_over = failure.details.get("sqlstate") == OUT_OF_TIME
        if not work.is_over:
            work.refused.append({"subject": step.subject, "reason": failure.message})


def _do(connection: Connection, step: Step, pacing: Pacing, left: float) -> None:
    if step.action == DROP and not _is_invalid(connection, step.data):
        return
    lock = REBUILD_WAITS if step.action in (REBUILD, DROP) else pacing.lock
    rest = f"SET vacuum_cost_delay = '{pacing.rest * 1000:.3f}ms'"
    settle(connection, Limits(lock=min(lock, max(left, 0.01)), statement=left), rest)
    if step.action == REBUILD:
        _rebuild(connection, step)
    else:
        send(connection, _statement(connection, step))


def _rebuild(connection: Connection, step: Step) -> None:
    """What this very rebuild leaves behind when it fails goes again; what was there before is not ours to drop.

    It would wait for every older transaction, and so would taking its remains away, so it is not begun while there is one.
    """
    row = connection.execute(OPEN).fetchone()
    if row:
        raise Blocked(f"pid {row[0]} has had a transaction open for {row[1]} s, which a rebuild would wait for")
    before = _left_over(connection, step.data)
    try:
        send(connection, _statement(connection, step))
    except (Blocked, StatementFailed):
        settle(connection, Limits(lock=1, statement=REBUILD_WAITS))
        for name in _left_over(connection, step.data) - before:
            with suppress(Blocked, StatementFailed):
                send(connection, sql.SQL(STATEMENTS[DROP]).format(sql.Identifier(*name)).as_string(connection))
        raise


def _statement(connection: Connection, step: Step) -> str:
    return sql.SQL(STATEMENTS[step.action]).format(sql.Identifier(step.data.schema, step.data.name)).as_string(connection)


def _is_invalid(connection: Connection, index: Index) -> bool:
    """Still: somebody may have built it anew since it was seen."""
    row = connection.execute(IS_INVALID, [_title(connection, index)]).fetchone()
    return bool(row and row[0])


def _left_over(connection: Connection, index: Index) -> set[tuple[str, str]]:
    return set(connection.execute(LEFT_OVER, [_title(connection, index)]).fetchall())


def _title(connection: Connection, index: Index) -> str:
    return sql.Identifier(index.schema, index.name).as_string(connection)
