# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pg_stat_activity and its neighbours say of the whole server. Statements lose their literals before they get anywhere."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .model import Activity, Bound, Costly, Pool, Prepared, RightMissing, Session, Slot
from .statement import shape

with suppress(ImportError):
    import psycopg
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

# pg_blocking_pids stops the lock manager for a moment, so only those that wait for a lock are asked about.
SESSIONS = b"""
SELECT a.pid, a.backend_start, a.backend_type, coalesce(a.datname, ''), coalesce(a.usename, ''),
  coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''), coalesce(a.state, ''),
  coalesce(extract(epoch FROM clock_timestamp()
    - CASE a.state WHEN 'active' THEN a.query_start ELSE a.state_change END), 0)::float8,
  extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
  coalesce(a.wait_event_type || ': ' || a.wait_event, ''), coalesce(a.query_id::text, ''),
  greatest(age(a.backend_xmin), age(a.backend_xid)),
  coalesce(r.rolsuper OR r.rolreplication, false), a.pid = pg_backend_pid(), a.state_change, a.xact_start,
  coalesce(a.query, ''), CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END
FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
ORDER BY a.pid
"""
# Walsenders have a pool of their own, and background workers as well.
POOL = b"""
SELECT current_setting('max_connections')::int,
  current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0),
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int
"""
DATABASES = b"""
SELECT d.datname, d.datconnlimit,
  (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid AND a.backend_type = 'client backend')::int
FROM pg_database d WHERE d.datconnlimit > 0 ORDER BY 1
"""
ROLES = b"""
SELECT r.rolname, r.rolconnlimit,
  (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.backend_type = 'client backend')::int
FROM pg_roles r WHERE r.rolconnlimit > 0 AND NOT r.rolsuper ORDER BY 1
"""
PREPARED = b"""
SELECT gid, database, owner, extract(epoch FROM clock_timestamp() - prepared)::float8, age(transaction) FROM pg_prepared_xacts
ORDER BY prepared
"""
SLOTS = b"""
SELECT slot_name, slot_type, active, coalesce(greatest(age(xmin), age(catalog_xmin)), 0),
  CASE WHEN pg_is_in_recovery() THEN 0 ELSE coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint END
FROM pg_replication_slots ORDER BY 4 DESC, 1
"""
RIGHTS = b"SELECT current_user, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), current_database()"
STATEMENTS = b"""
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""
COSTLY = """
SELECT s.queryid::text, coalesce(r.rolname, ''), s.calls, s.total_exec_time, s.mean_exec_time, s.rows, coalesce(s.query, '')
FROM {} s JOIN pg_database d ON d.oid = s.dbid LEFT JOIN pg_roles r ON r.oid = s.userid
WHERE d.datname = current_database() AND s.queryid IS NOT NULL ORDER BY s.total_exec_time DESC LIMIT %s
"""


def demand_sight(connection: Connection) -> str:
    """The name of the database; raises ``RightMissing`` if our role sees its own sessions only, for that looks like rest."""
    [(role, sees_all, database)] = connection.execute(RIGHTS).fetchall()
    if not sees_all:
        raise RightMissing(
            f"the role {role} does not see what other sessions do, so nothing could be said of them. "
            f'Let a superuser run: GRANT pg_read_all_stats TO "{role}"',
            right="pg_read_all_stats",
        )
    return str(database)


def activity(connection: Connection, costly: int = 0) -> Activity:
    """All that is going on; with as many costly statements as asked for."""
    database = demand_sight(connection)
    return Activity(
        database=database,
        sessions=seen(connection),
        pool=_pool(connection),
        prepared=prepared(connection),
        slots=slots(connection),
        costly=_costly(connection, costly) if costly else None,
    )


def seen(connection: Connection) -> tuple[Session, ...]:
    """Every process of the server, ourselves included."""
    return tuple(_session(*row) for row in connection.execute(SESSIONS).fetchall())


def prepared(connection: Connection) -> tuple[Prepared, ...]:
    return tuple(Prepared(*row) for row in connection.execute(PREPARED).fetchall())


def slots(connection: Connection) -> tuple[Slot, ...]:
    return tuple(Slot(*row) for row in connection.execute(SLOTS).fetchall())


def _pool(connection: Connection) -> Pool:
    [(most, reserved, used)] = connection.execute(POOL).fetchall()
    return Pool(most, reserved, used, _bounds(connection, DATABASES), _bounds(connection, ROLES))


def _bounds(connection: Connection, query: bytes) -> tuple[Bound, ...]:
    return tuple(Bound(*row) for row in connection.execute(query).fetchall())


def _costly(connection: Connection, most: int) -> tuple[Costly, ...] | None:
    """None without the extension, or where the server was not started with its library."""
    row = connection.execute(STATEMENTS).fetchone()
    if row is None:
        return None
    query = sql.SQL(COSTLY).format(sql.Identifier(row[0], "pg_stat_statements"))
    try:
        rows = connection.execute(query, [most]).fetchall()
    except (psycopg.errors.ObjectNotInPrerequisiteState, psycopg.errors.InsufficientPrivilege):
        return None
    return tuple(Costly(*(*values, shape(text))) for *values, text in rows)


def _session(*row: Any) -> Session:
    """The columns stand in the order of the fields, but for the statement and who holds it up, which come last."""
    *plain, text, held_by = row
    return Session(*(*plain, shape(text), tuple(held_by)))
