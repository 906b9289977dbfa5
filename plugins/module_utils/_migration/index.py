# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Indexes that are built concurrently: an interrupted one stays behind, invalid, and is kept up to date for nobody."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from .._core.errors import Refused
from .._postgres.postgres import send
from .model import Index, Invalid
from .refused import ChangedMeanwhile

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

FIND = b"""
SELECT n.nspname, i.indisvalid, p.pid
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_progress_create_index p ON p.index_relid = c.oid
WHERE i.indrelid = to_regclass(%s) AND c.relname = %s
"""


INVALID = b"""
SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I', m.nspname, t.relname)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace m ON m.oid = t.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (
    SELECT 1 FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid <> pg_backend_pid()
      AND l.pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum UNION ALL SELECT pid FROM pg_stat_progress_analyze)
  )
ORDER BY 1
"""
"""Who builds an index concurrently holds this lock on its table, which every role sees; of its progress others see no table.

Vacuum and analyze hold the same lock, and build nothing.
"""


def invalid(connection: Connection) -> tuple[Invalid, ...]:
    """Every index that an interrupted build left behind, and that nobody builds right now."""
    return tuple(Invalid(*row) for row in connection.execute(INVALID).fetchall())


def demand_invalid(connection: Connection, index: Invalid) -> None:
    """Raises ``ChangedMeanwhile`` if it is valid by now, gone, or built by somebody."""
    if index not in invalid(connection):
        raise ChangedMeanwhile(
            f"{index.name} was invalid when it was shown; by now it is valid, gone, or somebody builds an index on "
            f"{index.table}: look again at what is shown, then choose again; the index was left as it is"
        )


def rebuild(connection: Connection, index: Invalid) -> None:
    """Build it again beside itself; raises ``Blocked`` or ``StatementFailed``, which leaves it as it was."""
    send(connection, f"REINDEX INDEX CONCURRENTLY {index.name}")


def drop(connection: Connection, index: Invalid) -> None:
    send(connection, f"DROP INDEX CONCURRENTLY {index.name}")


def is_built(connection: Connection, index: Index) -> bool:
    row = connection.execute(FIND, [index.table, index.name]).fetchone()
    return row is not None and row[1]


def clear_invalid(connection: Connection, index: Index) -> bool:
    """Drop the index if it is invalid; raises ``Blocked``, or ``Refused`` if somebody is building it right now."""
    row = connection.execute(FIND, [index.table, index.name]).fetchone()
    if row is None or row[1]:
        return False
    if row[2]:
        raise Refused(f"pid {row[2]} is building the index {index.name} right now: wait until it is done, then run again")
    send(connection, sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(row[0], index.name)).as_string(connection))
    return True
