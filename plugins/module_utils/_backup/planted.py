# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A row that is written into the live server after the backup, and is looked for in the restored copy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from .._core.errors import Refused, TimedOut
from .._core.verdict import Verdict
from .._core.wait import Pace, wait_until
from .._postgres.model import Database, Limits
from .._postgres.postgres import session
from .checks import Check, Checked
from .wal import lsn

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

MAKE = """
DO $$ BEGIN
  IF to_regnamespace('mainstay_backup') IS NULL THEN CREATE SCHEMA mainstay_backup; END IF;
END $$;
CREATE TABLE IF NOT EXISTS mainstay_backup.canary (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());
DELETE FROM mainstay_backup.canary WHERE at < now() - interval '30 days';
"""
"""A schema that is there is not asked for again: even with IF NOT EXISTS that takes the right to create one."""
LIMITS = Limits(lock=10, statement=3600, deadline=3600)
LOOK_S = 0.2


@dataclass(frozen=True)
class Counted:
    """A table, and how many rows it had before the canary and after."""

    database: str
    schema: str
    table: str
    before: int = 0
    after: int = 0

    @property
    def name(self) -> str:
        return f"{self.database}.{self.schema}.{self.table}"


@dataclass(frozen=True)
class Canary:
    """The row, the segment that it is in, the position after it, and how many seconds it took to be archived."""

    id: str
    dbname: str
    position: int
    segment: str
    planted: float
    waited: float = 0.0
    counted: tuple[Counted, ...] = field(default=())

    @property
    def check(self) -> Check:
        """The newest canary that came back must be this one."""
        return Check(
            "canary", "SELECT id::text FROM mainstay_backup.canary ORDER BY at DESC LIMIT 1", self.dbname, expect=self.id
        )


def plant(database: Database, counts: Sequence[Counted]) -> Canary:
    """Write the row, and count around it."""
    before = [count(database, one) for one in counts]
    with session(database, LIMITS) as connection:
        if _value(connection, "SELECT pg_is_in_recovery()"):
            raise Refused(f"the server of {database.dbname} is a standby, where no canary can be written: give the primary")
        connection.execute(MAKE.encode())
        identity, planted = str(uuid4()), time.time()
        connection.execute(b"INSERT INTO mainstay_backup.canary (id) VALUES (%s)", [identity])
        position = str(_value(connection, "SELECT pg_current_wal_insert_lsn()::text"))
        segment = str(_value(connection, "SELECT pg_walfile_name(pg_current_wal_insert_lsn())"))
    after = [count(database, one) for one in counts]
    counted = tuple(replace(one, before=low, after=high) for one, low, high in zip(counts, before, after, strict=True))
    return Canary(identity, database.dbname, lsn(position), segment, planted, counted=counted)


def await_archived(database: Database, canary: Canary, within: float, *, switch: bool) -> Canary:
    """Wait until its segment lies in the archive. Without a switch of ours it takes as long as it takes in an accident."""
    with session(database, replace(LIMITS, deadline=max(1.0, within))) as connection:
        if switch:
            connection.execute(b"SELECT pg_switch_wal()")
        archived, last = wait_until(
            lambda: str(_value(connection, "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")),
            lambda name: name[:24] >= canary.segment,
            Pace(within, LOOK_S),
        )
    if not archived:
        raise TimedOut(
            f"the segment {canary.segment} with the canary was not archived within {within:g} s; the last one that was is "
            f"{last or 'none'}: see archive_command, archive_timeout and the server's log"
        )
    return replace(canary, waited=time.time() - canary.planted)


def count(database: Database, what: Counted) -> int:
    """How many rows the table has now."""
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(what.schema, what.table))
    with session(replace(database, dbname=what.database), LIMITS) as connection:
        row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0


def compared(what: Counted, restored: int) -> Checked:
    """Others wrote meanwhile, so the count lies between those before and after."""
    low, high = sorted((what.before, what.after))
    wanted = str(low) if low == high else f"{low} to {high}"
    verdict = Verdict.PASS if low <= restored <= high else Verdict.FAIL
    return Checked(f"rows of {what.name}", verdict, f"{restored}, wanted {wanted}")


def _value(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
