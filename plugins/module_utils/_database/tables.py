# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PostgreSQL's catalogs and statistics say of tables, indexes and their age. No query waits for a lock on a table."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .._core.errors import Refused
from . import bloat
from .sessions import demand_sight, prepared, seen, slots
from .upkeep import PAGE, Care, Holder, Index, Table, Wear

with suppress(ImportError):
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

MAINTAIN = 170000
"""The first server that has a right of its own for maintenance."""
VACUUMING = "autovacuum worker"
OWNER = """pg_has_role(current_user, c.relowner, 'USAGE')
  OR pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE')"""
OWNER_OF_TABLE = "pg_has_role(current_user, c.relowner, 'USAGE')"
RIGHT = "has_table_privilege(c.oid, 'MAINTAIN')"
BUSY = """EXISTS (SELECT FROM pg_locks l WHERE l.relation = c.oid AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock'))"""
OF_USERS = (
    "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (%(schemas)s::text[] = '{{}}' OR n.nspname = ANY(%(schemas)s))"
)

TABLES = """
SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner), {may}, c.relpages::bigint * 8192, greatest(c.reltuples, 0)::float8,
  s.n_dead_tup, s.n_mod_since_analyze, s.n_ins_since_vacuum,
  greatest(age(c.relfrozenxid), age(t.relfrozenxid)), greatest(mxid_age(c.relminmxid), mxid_age(t.relminmxid)),
  {vacuum_threshold} + {vacuum_scale_factor} * greatest(c.reltuples, 0),
  CASE WHEN {vacuum_insert_threshold} < 0 THEN -1
    ELSE {vacuum_insert_threshold} + {vacuum_insert_scale_factor} * greatest(c.reltuples, 0) END,
  {analyze_threshold} + {analyze_scale_factor} * greatest(c.reltuples, 0),
  least({freeze_max_age}, current_setting('autovacuum_freeze_max_age')::float8)::bigint,
  least({multixact_freeze_max_age}, current_setting('autovacuum_multixact_freeze_max_age')::float8)::bigint,
  extract(epoch FROM clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum))::float8, {busy},
  coalesce(o.fillfactor::float8, 100) / 100,
  (SELECT CASE WHEN count(p.*) = count(*) THEN sum((1 - p.null_frac) * p.avg_width) END
    FROM pg_attribute a LEFT JOIN pg_stats p ON p.schemaname = n.nspname AND p.tablename = c.relname
      AND p.attname = a.attname AND NOT p.inherited
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_stat_all_tables s ON s.relid = c.oid
LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
CROSS JOIN LATERAL (SELECT {options} FROM pg_options_to_table(c.reloptions)) o
WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND {of_users}
ORDER BY 1, 2
"""
INDEXES = """
SELECT n.nspname, x.relname, c.relname, pg_get_userbyid(c.relowner), {may}, x.relpages::bigint * 8192,
  i.indisvalid AND i.indisready, i.indisunique,
  i.indisreplident OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid), coalesce(s.idx_scan, 0),
  concat_ws(' ', i.indrelid, m.amname, i.indkey, i.indclass, i.indcollation, i.indoption,
    pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)),
  {busy}, greatest(x.reltuples, 0)::float8,
  coalesce((SELECT max(option_value) FROM pg_options_to_table(x.reloptions) WHERE option_name = 'fillfactor')::float8, 90) / 100,
  CASE WHEN m.amname = 'btree' AND i.indexprs IS NULL THEN (SELECT CASE WHEN count(p.*) = count(*)
    THEN sum((1 - p.null_frac) * p.avg_width) END FROM pg_attribute a LEFT JOIN pg_stats p ON p.schemaname = n.nspname
      AND p.tablename = c.relname AND p.attname = a.attname AND NOT p.inherited
    WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey)) END
FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = x.relam
LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
WHERE x.relkind = 'i' AND NOT i.indisexclusion AND c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND {of_users}
ORDER BY 1, 2
"""
WHOLE = b"""
SELECT current_user::text, pg_is_in_recovery(), age(d.datfrozenxid), mxid_age(d.datminmxid),
  current_setting('autovacuum_freeze_max_age')::int, current_setting('autovacuum_multixact_freeze_max_age')::int,
  extract(epoch FROM clock_timestamp() - s.stats_reset)::float8, current_setting('autovacuum')::bool
FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid WHERE d.datname = current_database()
"""
OPTIONS = (
    "vacuum_threshold", "vacuum_scale_factor", "vacuum_insert_threshold", "vacuum_insert_scale_factor",
    "analyze_threshold", "analyze_scale_factor", "freeze_max_age", "multixact_freeze_max_age",
)  # fmt: skip


def wear(connection: Connection, care: Care) -> Wear:
    """The state of the database; a standby is ``Refused``, for it counts nothing and writes nothing by itself."""
    database = demand_sight(connection)
    [(role, standby, age, multi_age, freeze_at, multi_freeze_at, counted_for, autovacuum)] = connection.execute(WHOLE).fetchall()
    if standby:
        raise Refused("the server is a standby, which only replays what its primary did: look after the primary")
    holders = _holders(connection, database)  # first: their age must not seem to go beyond a vacuum that they came after
    tables = tuple(_table(*row) for row in _rows(connection, TABLES, care))
    indexes = tuple(_index(*row) for row in _rows(connection, INDEXES, care))
    own = (age, multi_age, freeze_at, multi_freeze_at)
    return Wear(database, *own, tables, indexes, holders, counted_for, role, autovacuum)


def _rows(connection: Connection, query: str, care: Care) -> list[tuple[Any, ...]]:
    has_right = connection.info.server_version >= MAINTAIN
    owner = OWNER if query is TABLES else OWNER_OF_TABLE
    parts = {
        **{name: f"coalesce(o.{name}::float8, {_setting(name)})" for name in OPTIONS},
        "may": f"({owner} OR {RIGHT})" if has_right else f"({owner})",
        "busy": BUSY,
        "of_users": OF_USERS.format(),
        "options": ", ".join([_option("fillfactor", "fillfactor"), *(_option(name, f"autovacuum_{name}") for name in OPTIONS)]),
    }
    fixed = {name: sql.SQL(text) for name, text in parts.items()}
    return connection.execute(sql.SQL(query).format(**fixed), {"schemas": list(care.schemas)}).fetchall()


def _setting(name: str) -> str:
    return f"current_setting('autovacuum_{name}')::float8"


def _option(name: str, spelled: str) -> str:
    return f"max(option_value) FILTER (WHERE option_name = '{spelled}') AS {name}"


def _table(*row: Any) -> Table:
    *plain, fillfactor, width = row
    pages, rows = row[4] // PAGE, row[5]
    return Table(*(*plain, None if width is None else bloat.of_table(pages, rows, width, fillfactor)))


def _index(*row: Any) -> Index:
    *plain, rows, fillfactor, width = row
    return Index(*(*plain, None if width is None else bloat.of_index(row[5] // PAGE, rows, width, fillfactor)))


def _holders(connection: Connection, database: str) -> tuple[Holder, ...]:
    """Whoever makes vacuum keep rows of this database, oldest first."""
    every = [
        Holder(session.told, session.transaction, session.horizon)
        for session in seen(connection)
        if session.horizon is not None and session.database in ("", database)
        if not session.is_mine and session.kind != VACUUMING
    ]
    every += [Holder(f"prepared transaction {p.name}", p.age, p.horizon) for p in prepared(connection) if p.database == database]
    every += [Holder(f"replication slot {slot.name}", None, slot.horizon) for slot in slots(connection) if slot.horizon]
    return tuple(sorted(every, key=lambda holder: (-holder.horizon, holder.title)))
