# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the catalog of a database says of its tables."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .model import ForeignKey, Locale, Source, Table

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

OURS = """
    n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)' AND c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
"""
"""What people made: no part of the system, of an extension or of a session."""

TABLES = """
    SELECT n.nspname, c.relname, c.relkind::text, coalesce(rn.nspname || '.' || r.relname, '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class r ON c.relispartition AND r.oid = pg_partition_root(c.oid)
    LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
    WHERE c.relkind IN ('r', 'p') AND (ours) ORDER BY 1, 2
"""
UNREADABLE = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND (ours)
    AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')) ORDER BY 1
"""
FOREIGN_KEYS = """
    SELECT n.nspname || '.' || c.relname, k.conname, tn.nspname || '.' || t.relname
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = k.confrelid JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (ours) ORDER BY 1, 2
"""
LOCALE = """
    SELECT pg_encoding_to_char(encoding), datcollate, datctype,
           coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', '')
    FROM pg_database d WHERE datname = current_database()
"""
SIZE = "SELECT pg_database_size(current_database())"
HEIRS = """
    SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits
    WHERE (inhrelid = ANY (%(moved)s::regclass[])) <> (inhparent = ANY (%(moved)s::regclass[]))
"""


def source(connection: Connection) -> Source:
    """All that a dump has to know of the database."""
    rows = _asked(connection, TABLES)
    locale = connection.execute(LOCALE.encode()).fetchone() or ()
    return Source(
        major=connection.info.server_version // 10000,
        server=connection.info.parameter_status("server_version") or "",
        locale=Locale(*locale),
        tables=tuple(Table(schema, name, 0 if kind == "r" else None, root) for schema, name, kind, root in rows),
        foreign_keys=tuple(ForeignKey(*row) for row in _asked(connection, FOREIGN_KEYS)),
        unreadable=tuple(row[0] for row in _asked(connection, UNREADABLE)),
        size=_number(connection, SIZE),
    )


def size(connection: Connection, tables: Iterable[Table]) -> int:
    """Bytes of the tables; waits for those that are locked."""
    names = [sql.Identifier(table.schema, table.name).as_string(connection) for table in tables]
    return _number(connection, "SELECT sum(pg_table_size(one)) FROM unnest(%s::regclass[]) one", names)


def counted(connection: Connection, tables: Iterable[Table]) -> tuple[Table, ...]:
    """The tables with the number of their rows; an error where a policy would hide some."""
    connection.execute(b"SET row_security = off")
    return tuple(table if table.rows is None else _counted(connection, table) for table in tables)


def move(connection: Connection, tables: Iterable[Table], schema: str) -> None:
    """Put the tables into a new schema of that name; their indexes, constraints and own sequences come along."""
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    for table in tables:
        where = sql.Identifier(table.schema, table.name)
        connection.execute(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(where, sql.Identifier(schema)))


def heirs(connection: Connection, tables: Iterable[Table]) -> tuple[tuple[str, str], ...]:
    """Pairs of a table and the one that it inherits from, of which only one is among the tables."""
    names = [sql.Identifier(table.schema, table.name).as_string(connection) for table in tables]
    return tuple(connection.execute(HEIRS.encode(), {"moved": names}).fetchall())


def _number(connection: Connection, question: str, *values: Any) -> int:
    row = connection.execute(question.encode(), values).fetchone()
    return int(row[0] or 0) if row else 0


def _asked(connection: Connection, question: str) -> list[tuple[Any, ...]]:
    return connection.execute(question.replace("(ours)", OURS).encode()).fetchall()


def _counted(connection: Connection, table: Table) -> Table:
    question = sql.SQL("SELECT count(*) FROM ONLY {}").format(sql.Identifier(table.schema, table.name))
    row = connection.execute(question).fetchone()
    return Table(table.schema, table.name, row[0] if row else 0, table.root)
