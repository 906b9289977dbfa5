# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Indexes that are built concurrently: an interrupted one stays behind, invalid, and is kept up to date for nobody."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from .._core.errors import Refused
from .model import Index
from .postgres import send

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .postgres import Connection

FIND = b"""
SELECT n.nspname, i.indisvalid, p.pid
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_progress_create_index p ON p.index_relid = c.oid
WHERE i.indrelid = to_regclass(%s) AND c.relname = %s
"""


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
