# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose turn it is: one runner for each history, over hosts and controllers.

The turn is a session-level advisory lock on the connection that does the work, so it ends with that connection, whatever
happens to the client. It is asked for again and again instead of waited for, because a waiting statement holds a snapshot,
and the CREATE INDEX CONCURRENTLY of whoever has the turn would wait for that: neither would ever end.
A pooler that gives each transaction another server connection (pgbouncer's transaction mode) breaks this: connect directly.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from .._core.wait import Pace, wait_until
from .refused import TurnTaken

if TYPE_CHECKING:
    from .._postgres.postgres import Connection


def key(schema: str) -> int:
    """The number of the lock; PostgreSQL keeps advisory locks apart by database already."""
    return int.from_bytes(hashlib.sha256(f"mainstay.migrations {schema}".encode()).digest()[:8], "big", signed=True)


def take(connection: Connection, schema: str, timeout: float) -> None:
    """Returns with the turn, or raises ``TurnTaken`` naming who has it."""
    taken, _last = wait_until(lambda: _try(connection, key(schema)), bool, Pace(timeout, 0.1))
    if not taken:
        raise TurnTaken(
            f"another runner migrates this database: {holder(connection, schema)} still has the turn after {timeout:g} s. "
            "Wait for it, or if it is dead, end that backend with pg_terminate_backend"
        )


def holder(connection: Connection, schema: str) -> str:
    """Who has the turn, in words."""
    number = key(schema) & 0xFFFFFFFFFFFFFFFF
    row = connection.execute(
        b"SELECT a.pid, a.usename, a.application_name, coalesce(host(a.client_addr), 'a local socket'), a.backend_start"
        b" FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
        b" AND l.classid = %s AND l.objid = %s AND l.objsubid = 1 AND a.datname = current_database()",
        [number >> 32, number & 0xFFFFFFFF],
    ).fetchone()
    if row is None:
        return "somebody who is gone by now"
    return f"pid {row[0]} of {row[1]} ({row[2] or 'unnamed'}) from {row[3]} since {row[4]:%Y-%m-%d %H:%M:%S%z}"


def _try(connection: Connection, number: int) -> bool:
    row = connection.execute(b"SELECT pg_try_advisory_lock(%s)", [number]).fetchone()
    return bool(row and row[0])
