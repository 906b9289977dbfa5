# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backfills on the server: which rows come next, how far a backfill got, and how far the replicas are behind."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._core.errors import Refused
from .model import Backfill

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

TABLE = """
CREATE TABLE IF NOT EXISTS {table} (
  version text PRIMARY KEY,
  up_to bigint NOT NULL,
  touched bigint NOT NULL,
  batches bigint NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
)
"""
READ = "SELECT up_to, touched, batches FROM {table} WHERE version = {version}"
NEXT = """
SELECT max(key) FROM (SELECT {key} AS key FROM {rows} WHERE {key} > {up_to} ORDER BY {key} LIMIT {batch}) AS coming
"""
WRITE = """
INSERT INTO {table} (version, up_to, touched, batches) VALUES ({version}, {up_to}, {touched}, {batches})
ON CONFLICT (version) DO UPDATE SET up_to = EXCLUDED.up_to, touched = EXCLUDED.touched,
  batches = EXCLUDED.batches, written_at = clock_timestamp()
"""
FORGET = "DELETE FROM {table} WHERE version = {version}"
LAG = """
SELECT count(*) FILTER (WHERE state IS NULL),
  coalesce(max(CASE WHEN behind > 0 THEN greatest(extract(epoch FROM replay_lag), behind / 16777216.0) END), 0)
FROM (SELECT *, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS behind FROM pg_stat_replication) AS replica
WHERE state IS NULL OR state IN ('streaming', 'catchup')
"""
"""In seconds as replicas tell it, or one for each 16 MB; what an idle one told last does not count."""
LOWEST = 1 - 2**63


@dataclass(frozen=True)
class Progress:
    """The key up to which all is done, how many rows were touched for it, and in how many batches."""

    up_to: int = LOWEST
    touched: int = 0
    batches: int = 0


@dataclass(frozen=True)
class Ledger:
    """The table ``backfills`` beside the history, for one migration."""

    connection: Connection
    schema: str
    version: str

    def prepare(self) -> Progress:
        """How far it got; the table is made where it is missing."""
        self._run("CREATE SCHEMA IF NOT EXISTS {schema}")
        self._run(TABLE)
        row = self._run(READ, version=self.version).fetchone()
        return Progress(*row) if row else Progress()

    def write(self, progress: Progress) -> None:
        """In the transaction of the batch itself, so that both are there or neither."""
        self._run(WRITE, version=self.version, up_to=progress.up_to, touched=progress.touched, batches=progress.batches)

    def begin_anew(self) -> None:
        """What an earlier run noted is about other rows, or about a statement that was corrected since."""
        self.prepare()
        self.forget()

    def forget(self) -> None:
        self._run(FORGET, version=self.version)

    def upper(self, backfill: Backfill, progress: Progress) -> int | None:
        """The key that ends the next batch; None where no row is left."""
        names = {"rows": sql.Identifier(*backfill.table.split(".")), "key": sql.Identifier(backfill.key)}
        values = {"up_to": sql.Literal(progress.up_to), "batch": sql.Literal(backfill.batch)}
        row = self.connection.execute(sql.SQL(NEXT).format(**names, **values)).fetchone()
        last = row[0] if row else None
        if last is not None and not isinstance(last, int):
            raise Refused(
                f"{backfill.key} of {backfill.table} is no whole number, so it cannot part rows into batches: take another key"
            )
        return last

    def _run(self, query: str, **values: object) -> Any:
        names = {"table": sql.Identifier(self.schema, "backfills"), "schema": sql.Identifier(self.schema)}
        literals = {name: sql.Literal(value) for name, value in values.items()}
        return self.connection.execute(sql.SQL(query).format(**names, **literals))


def lag(connection: Connection) -> float:
    """Seconds that the slowest replica is behind; raises ``Refused`` where this role may not see them."""
    row = connection.execute(LAG.encode()).fetchone()
    hidden, behind = row if row else (0, 0)
    if hidden:
        raise Refused("this role may not see how far the replicas are behind: GRANT pg_read_all_stats to it")
    return float(behind)
