# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bloat of tables measured instead of estimated, where the extension pgstattuple is there and our role may use it.

pgstattuple_approx reads the pages that vacuum has not seen clean since they changed, so only suspects are measured, and few.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from .upkeep import Table, Wear
from .wear import is_bloated

with suppress(ImportError):
    import psycopg
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

MOST = 10
FUNCTION = b"""
SELECT n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_extension e ON e.extnamespace = n.oid
WHERE e.extname = 'pgstattuple' AND p.proname = 'pgstattuple_approx' AND has_function_privilege(p.oid, 'EXECUTE')
"""
MEASURE = "SELECT table_len, (approx_free_space + dead_tuple_len)::bigint FROM {}(to_regclass(%s))"


def measured(connection: Connection, found: Wear, bloat: float) -> Wear:
    """The same wear, with the largest suspects measured; what cannot be in time keeps its estimate."""
    row = connection.execute(FUNCTION).fetchone()
    if row is None:
        return found
    suspects = sorted((t for t in found.tables if is_bloated(t, bloat)), key=lambda t: (-(t.waste or 0), t.title))[:MOST]
    known = {table.title: _measured(connection, table, row[0]) for table in suspects}
    return replace(found, tables=tuple(known.get(table.title, table) for table in found.tables))


def _measured(connection: Connection, table: Table, schema: str) -> Table:
    query = sql.SQL(MEASURE).format(sql.Identifier(schema, "pgstattuple_approx"))
    title = sql.Identifier(table.schema, table.name).as_string(connection)
    try:
        [(size, waste)] = connection.execute(query, [title]).fetchall()
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, psycopg.errors.InsufficientPrivilege):
        return table
    return replace(table, size=size, waste=waste, is_measured=True)
