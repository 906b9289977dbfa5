# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The history: one row for each migration that was applied, in a table beside the application's own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .model import APPLIED, BASELINE, RUNNING, Applied, Found, Migration

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

READ = """
SELECT version, name, checksum, release, compatible, state, started_at, finished_at, coalesce(duration_ms, 0),
  coalesce((to_jsonb(kept)->>'contract')::boolean, false), coalesce(to_jsonb(kept)->>'note', '')
FROM {} kept ORDER BY (to_jsonb(kept)->>'position')::bigint NULLS LAST, started_at, version
"""
"""In the order in which they were written down: a clock may be set back between two runs, as after a failover."""
TABLE = """
CREATE TABLE {table} (
  version text PRIMARY KEY,
  name text NOT NULL,
  checksum text NOT NULL,
  release text NOT NULL,
  compatible boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('applied', 'running', 'failed')),
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  duration_ms bigint,
  contract boolean NOT NULL DEFAULT false,
  position bigint,
  note text NOT NULL DEFAULT ''
)
"""
YOUNGER = """
ALTER TABLE {table} ADD COLUMN IF NOT EXISTS contract boolean NOT NULL DEFAULT false, ADD COLUMN IF NOT EXISTS position bigint,
  ADD COLUMN IF NOT EXISTS note text NOT NULL DEFAULT '';
UPDATE {table} kept SET position = placed.position
FROM (SELECT version, row_number() OVER (ORDER BY started_at, version) AS position FROM {table}) placed
WHERE placed.version = kept.version
"""
"""The columns that older histories lack; asked for only where one is missing, because asking takes a lock."""
COLUMNS = ("contract", "position", "note")
WRITE = """
INSERT INTO {table} (version, name, checksum, release, compatible, contract, state, note, position)
SELECT {version}, {name}, {checksum}, {release}, {compatible}, {contract}, {state}, {note}, coalesce(max(position), 0) + 1
FROM {table}
ON CONFLICT (version) DO UPDATE SET
  name = EXCLUDED.name, checksum = EXCLUDED.checksum, release = EXCLUDED.release, compatible = EXCLUDED.compatible,
  contract = EXCLUDED.contract, state = EXCLUDED.state, position = EXCLUDED.position, note = EXCLUDED.note,
  started_at = EXCLUDED.started_at, finished_at = NULL, duration_ms = NULL
"""
END = """
UPDATE {table} SET state = {state},
  finished_at = clock_timestamp(), duration_ms = extract(epoch FROM clock_timestamp() - started_at) * 1000
WHERE version = {version}
"""
REPAIR = """
UPDATE {table} SET state = 'applied', checksum = {checksum}, note = {note}, finished_at = coalesce(finished_at, clock_timestamp())
WHERE version = {version}
"""
FORGET = "DELETE FROM {table} WHERE version = {version}"
OURSELVES = "RESET ROLE; "
TABLES = """
SELECT count(*), 0 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname <> ALL (ARRAY['information_schema', %s]) AND n.nspname !~ '^pg_'
  AND c.relname <> 'alembic_version'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""
"""Tables of the application: not the server's, not ours, not Alembic's and not those of extensions."""


@dataclass(frozen=True)
class History:
    """The table ``migrations`` in one schema, over one session."""

    connection: Connection
    schema: str

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(self.schema, "migrations")

    def read(self) -> Found:
        """What is known; a table that is not there yet is an empty history."""
        query = "SELECT pg_is_in_recovery(), to_regclass(%s) IS NOT NULL"
        standby, exists = self._one(query, [self._table.as_string(self.connection)])
        return Found(self._rows() if exists else (), standby)

    def prepare(self) -> None:
        """Create the schema and the table if they are not there; whoever calls has the turn."""
        (schema, table) = self._one(
            "SELECT to_regnamespace(%s), to_regclass(%s)",
            [sql.Identifier(self.schema).as_string(self.connection), self._table.as_string(self.connection)],
        )
        if schema is None:
            self._run("CREATE SCHEMA {schema}")
        if table is None:
            self._run(TABLE)
        elif self._is_older:
            self._run(YOUNGER)

    @property
    def _is_older(self) -> bool:
        query = (
            "SELECT count(*), 0 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = ANY(string_to_array(%s, ','))"
        )
        return bool(self._one(query, [self._table.as_string(self.connection), ",".join(COLUMNS)])[0] < len(COLUMNS))

    def begun(self, migration: Migration, release: str, note: str = "") -> None:
        """Written before a migration that no transaction holds together, so that a killed one is noticed."""
        self._run(WRITE, **_values(migration, release, RUNNING, note))

    def ended(self, migration: Migration, state: str) -> None:
        """How a migration that ``begun`` wrote down came out."""
        self._run(END, version=migration.version, state=state)

    def applied(self, migration: Migration, release: str) -> None:
        """Written in the transaction of the migration itself, which may have taken another role: both stay, or neither."""
        self._run(f"{OURSELVES}{WRITE};{END}", **_values(migration, release, APPLIED))

    def taken_over(self, migration: Migration, release: str) -> None:
        """Written down as applied without having run here."""
        self._run(f"{OURSELVES}{WRITE};{END}", **_values(migration, release, APPLIED, BASELINE))

    def tables(self) -> int:
        """How many tables the application has."""
        return int(self._one(TABLES, [self.schema])[0])

    def forget(self, version: str) -> None:
        """Written in the transaction of the way down, likewise."""
        self._run(OURSELVES + FORGET, version=version)

    def repaired(self, version: str, checksum: str, note: str) -> None:
        """Written down as applied with this checksum, and who says so by which means."""
        self._run(REPAIR, version=version, checksum=checksum, note=note)

    def _rows(self) -> tuple[Applied, ...]:
        return tuple(_row(*values) for values in self.connection.execute(sql.SQL(READ).format(self._table)).fetchall())

    def _run(self, query: str, **values: object) -> None:
        names = {"table": self._table, "schema": sql.Identifier(self.schema)}
        literals = {name: sql.Literal(value) for name, value in values.items()}
        self.connection.execute(sql.SQL(query).format(**names, **literals))

    def _one(self, query: str, values: list[str]) -> tuple[Any, Any]:
        [(first, second)] = self.connection.execute(query.encode(), values).fetchall()
        return first, second


def _values(migration: Migration, release: str, state: str, note: str = "") -> dict[str, object]:
    kept = ("version", "name", "checksum", "compatible", "contract")
    return {**{name: getattr(migration, name) for name in kept}, "release": release, "state": state, "note": note}


def _row(*values: Any) -> Applied:
    version, name, checksum, release, compatible, state, started, finished, duration, contract, note = values
    number = int(version) if version.isascii() and version.isdigit() else 0
    return Applied(
        version, name, checksum, release, compatible, state, _iso(started), _iso(finished), duration, number, contract, note
    )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="milliseconds") if moment else ""
