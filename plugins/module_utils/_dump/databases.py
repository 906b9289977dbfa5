# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Databases of a server: scratch ones that never stay, and one that takes another's place."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .._core.errors import LockHeld
from .model import Load, Locale, Server, StillConnected

with suppress(ImportError):
    import psycopg
    from psycopg import sql

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

SCRATCH = "mainstay_scratch"
TRIES = 5
LOCK_SPACE = 0x6D73
"""The first half of our advisory locks; the second is the name of the database."""

SERVER = """
    SELECT current_user, ARRAY(SELECT datname FROM pg_database ORDER BY 1),
           ARRAY(SELECT usename || ' of ' || coalesce(nullif(application_name, ''), 'an unnamed application')
                 FROM pg_stat_activity WHERE datname = %(dbname)s AND usename IS NOT NULL AND pid <> pg_backend_pid()),
           rolcreatedb OR rolsuper,
           coalesce((SELECT has_database_privilege(oid, 'CREATE') FROM pg_database WHERE datname = %(dbname)s), true),
           coalesce((SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = %(dbname)s), true)
    FROM pg_roles WHERE rolname = current_user
"""
GRANTS = """
    SELECT CASE grantee WHEN 0 THEN '' ELSE pg_get_userbyid(grantee) END, privilege_type
    FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE datname = %(dbname)s AND grantee <> datdba
"""
SETTINGS = """
    SELECT split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)
    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(setconfig) one
    WHERE datname = %(dbname)s AND setrole = 0
"""
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %(dbname)s AND usename IS NOT NULL"


def server(connection: Connection, dbname: str) -> Server:
    """What there is, and what this role may do."""
    [(role, databases, connected, may_create, may_schema, owns)] = _rows(connection, SERVER, dbname)
    return Server(
        major=connection.info.server_version // 10000,
        role=role,
        databases=tuple(databases),
        connected=tuple(connected),
        leftovers=tuple(name for name in databases if name.startswith(f"{SCRATCH}_{number(dbname):08x}_")),
        may_create_databases=may_create,
        may_create_schemas=may_schema,
        owns=owns,
    )


def number(dbname: str) -> int:
    return zlib.crc32(dbname.encode())


def take_turn(connection: Connection, dbname: str) -> None:
    """Only one load of a database at a time, so that whatever scratch database there is, is nobody's."""
    key = number(dbname) - 2**31
    row = connection.execute(b"SELECT pg_try_advisory_lock(%s, %s)", (LOCK_SPACE, key)).fetchone()
    if not row or not row[0]:
        raise LockHeld(f"another dump is being loaded for {dbname}: wait until that has ended, and run again")


@contextmanager
def scratch(connection: Connection, wanted: Load, stamp: str, locale: Locale) -> Iterator[str]:
    """A new database that only its owner may enter; it is gone afterwards unless it was renamed."""
    name = f"{SCRATCH}_{number(wanted.database.dbname):08x}_{stamp}"
    icu = sql.SQL("LOCALE_PROVIDER icu ICU_LOCALE {}").format(sql.Literal(locale.icu)) if locale.icu else sql.SQL("")
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {} {}")
    texts = (sql.Literal(locale.encoding), sql.Literal(locale.collate), sql.Literal(locale.ctype), icu)
    try:
        connection.execute(create.format(sql.Identifier(name), *texts))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        yield name
    finally:
        drop(connection, name)


def drop(connection: Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def rename(connection: Connection, name: str, to: str) -> None:
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))


def swap(connection: Connection, wanted: Load, fresh: str, aside: str) -> None:
    """The new database takes the place of the old, with its owner, its grants and its settings; both names change or none."""
    for _left in reversed(range(TRIES if wanted.disconnect else 1)):
        try:
            _swap(connection, wanted, fresh, aside)
        except psycopg.errors.ObjectInUse:
            continue
        return
    raise StillConnected(
        f"others are connected to {wanted.database.dbname} again, so it was not replaced: stop what uses it"
        + ("" if wanted.disconnect else ", or give disconnect, which ends their sessions")
    )


def _swap(connection: Connection, wanted: Load, fresh: str, aside: str) -> None:
    dbname = wanted.database.dbname
    if wanted.disconnect:
        connection.execute(END_ALL.encode(), {"dbname": dbname})
    with connection.transaction():
        rename(connection, dbname, aside)
        _like(connection, aside, fresh)
        rename(connection, fresh, dbname)


def _like(connection: Connection, old: str, fresh: str) -> None:
    new = sql.Identifier(fresh)
    row = connection.execute(b"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", (old,)).fetchone()
    for role, right in _rows(connection, GRANTS, old):
        to = sql.Identifier(role) if role else sql.SQL("PUBLIC")
        connection.execute(sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(right), new, to))
    for name, value in _rows(connection, SETTINGS, old):
        connection.execute(b"SELECT set_config(%s, %s, true)", (name, value))
        setting = sql.SQL(".").join(sql.Identifier(part) for part in name.split("."))
        connection.execute(sql.SQL("ALTER DATABASE {} SET {} FROM CURRENT").format(new, setting))
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(new, sql.Identifier(row[0] if row else "")))


def _rows(connection: Connection, question: str, dbname: str) -> list[tuple[Any, ...]]:
    return connection.execute(question.encode(), {"dbname": dbname}).fetchall()
