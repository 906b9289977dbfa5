# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Restore points: names for positions in the write-ahead log, to which a recovery goes back exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._core.errors import Refused, TimedOut
from .._core.wait import Pace, wait_until
from .._postgres.model import Database, Limits
from .._postgres.postgres import session
from .wal import lsn

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

LOOK_S = 0.1
LIMITS = Limits(lock=10, statement=60, deadline=3600)


@dataclass(frozen=True)
class Point:
    """A restore point; ``at`` is seconds since the epoch, ``system_id`` the cluster's, 0 for one that is not made yet."""

    name: str
    position: int = 0
    segment: str = ""
    at: float = 0.0
    system_id: int = 0


def cluster(database: Database) -> int:
    """The system identifier of a primary; a standby is refused."""
    with session(database, LIMITS) as connection:
        standby, system_id = _row(connection, "SELECT pg_is_in_recovery(), system_identifier FROM pg_control_system()")
    if standby:
        raise Refused(f"the server of {database.dbname} is a standby, which can make no restore point: give the primary")
    return int(system_id)


def make(database: Database, name: str, system_id: int) -> Point:
    """Make it now."""
    with session(database, LIMITS) as connection:
        query = (
            "SELECT lsn::text, pg_walfile_name(lsn), extract(epoch FROM clock_timestamp()) FROM pg_create_restore_point(%s) lsn"
        )
        position, segment, at = _row(connection, query, name)
    return Point(name, lsn(position), segment, float(at), system_id)


def archive(database: Database, point: Point, within: float) -> Point:
    """See that its segment gets into the archive, for which the server begins a new one if need be."""
    with session(database, replace(LIMITS, deadline=max(1.0, within))) as connection:
        current, _last = _row(connection, "SELECT pg_walfile_name(pg_current_wal_lsn()), ''")
        if current <= point.segment:
            connection.execute(b"SELECT pg_switch_wal()")
        done, last = wait_until(lambda: _archived(connection), lambda name: name[:24] >= point.segment, Pace(within, LOOK_S))
    if not done:
        raise TimedOut(
            f"the segment {point.segment} with the restore point {point.name} was not archived within {within:g} s; the last one "
            f"that was is {last or 'none'}: see archive_command and the server's log. The restore point is made"
        )
    return point


def is_archived(database: Database, point: Point) -> bool:
    with session(database, LIMITS) as connection:
        return _archived(connection)[:24] >= point.segment


def _archived(connection: Connection) -> str:
    """The name may end in .backup or .partial."""
    return str(_row(connection, "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")[0])


def _row(connection: Connection, query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values or None).fetchone()
    return tuple(row or ())
