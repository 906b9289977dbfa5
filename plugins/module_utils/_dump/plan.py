# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a dump and a load do, and what they refuse before anything is touched."""

from __future__ import annotations

from .._core.errors import NotFound, Refused
from .._core.plan import Plan, Step
from .._core.text import listed, shown
from .._postgres.model import ROLE
from .choice import apart, chosen
from .model import Dump, Found, Load, Loadable, Manifest, RightMissing, StillConnected, Table
from .ready import has_room, is_in_use, is_old, is_same, major_of, needed

MIB = 1024 * 1024


def dump_plan(wanted: Dump, found: Found) -> Plan:
    """Leftovers go first, then the dump is taken, and then older ones of the same go."""
    tables = selected(wanted, found.source.tables)
    older = _older(wanted, found, tables)
    _refuse_dump(wanted, found, older)
    rows = f"rows of {len(tables)} of {len(found.source.tables)} tables" if wanted.tables else f"all {len(tables)} tables"
    left = [Step("remove", path, "left by a dump that was killed", "gone", path) for path in found.shelf.leftovers]
    taken = Step("dump", f"{wanted.dest}/{name(wanted, found.stamp)}", "absent", f"{rows} of {wanted.database.dbname}")
    gone = [_expired(wanted, dump) for dump in older[: -wanted.keep]]
    made = [] if found.shelf.exists else [Step("create", wanted.dest, "absent", "a directory of mode 0700")]
    return Plan((*made, *left, taken, *gone))


def selected(wanted: Dump, tables: tuple[Table, ...]) -> tuple[Table, ...]:
    """The tables whose rows are dumped."""
    return chosen(tables, wanted.tables, f"database {wanted.database.dbname}") if wanted.tables else tables


def name(wanted: Dump, stamp: str) -> str:
    return f"{wanted.called}_{stamp}.dump"


def _older(wanted: Dump, found: Found, tables: tuple[Table, ...]) -> list[Manifest]:
    whole = not wanted.tables
    return [dump for dump in found.shelf.dumps if is_same(dump, wanted.database.dbname, tables, whole=whole)]


def _expired(wanted: Dump, dump: Manifest) -> Step:
    path = f"{wanted.dest}/{dump.file}"
    return Step("remove", path, f"dump of {dump.when}", "gone", path)


def _refuse_dump(wanted: Dump, found: Found, older: list[Manifest]) -> None:
    _refuse_old("pg_dump", found.program, found.source.major)
    if found.source.unreadable:
        role = wanted.database.user or "this role"
        raise RightMissing(
            f"{role} may not read {listed(found.source.unreadable[:5])} of {wanted.database.dbname}, and pg_dump needs all: "
            f"GRANT pg_read_all_data TO {role}"
        )
    if not has_room(found.source, found.shelf, older):
        raise Refused(
            f"{wanted.dest} has {found.shelf.free // MIB} MiB left, and a dump of {wanted.database.dbname} may take "
            f"{needed(found.source.size, older) // MIB} MiB: make room, or give another dest"
        )


def _refuse_old(program: str, version: str, major: int) -> None:
    if is_old(version, major):
        raise Refused(f"{program} {version} cannot work with PostgreSQL {major}: install the package postgresql-client-{major}")


def load_plan(wanted: Load, found: Loadable) -> Plan:
    """What is loaded goes under another name first; only then, and only where that was typed, it takes the old one's place."""
    _refuse_old("pg_restore", found.program, max(found.server.major, major_of(found.manifest.pg_dump)))
    _refuse_rights(wanted, found)
    left = [Step("drop", name, "left by a load that was killed", "gone", name) for name in found.server.leftovers]
    return Plan((*left, *(_of_tables(wanted, found) if wanted.tables else _of_whole(wanted, found))))


def schema(found: Loadable) -> str:
    return f"restored_{found.stamp}"


def target(wanted: Load, found: Loadable) -> str:
    """The name of the new database; one that is to take the old one's place bears it if the swap does not come off."""
    return ROLE.check(wanted.into or f"{wanted.database.dbname}_restored_{found.stamp}")


def aside(wanted: Load, found: Loadable) -> str:
    """The name that the old database has afterwards."""
    return ROLE.check(f"{wanted.database.dbname}_before_{found.stamp}")


def loaded(wanted: Load, found: Loadable) -> tuple[Table, ...]:
    """The tables that a load brings back."""
    if not wanted.tables:
        return found.manifest.tables
    return apart(chosen(found.manifest.tables, wanted.tables, f"the dump {found.manifest.file}"))


def _of_tables(wanted: Load, found: Loadable) -> list[Step]:
    into, dbname = schema(found), wanted.database.dbname
    return [
        Step("load", f"{dbname}: {into}.{table.name}", "absent", f"{table.rows or 0} rows of {table.full}")
        for table in loaded(wanted, found)
    ]


def _of_whole(wanted: Load, found: Loadable) -> list[Step]:
    if not found.manifest.whole:
        names = listed(table.full for table in found.manifest.tables)
        raise Refused(f"{wanted.src} has the rows of {names} only, so it is no whole database: give tables")
    into, rows = target(wanted, found), sum(found.manifest.rows.values())
    if into in found.server.databases:
        raise Refused(f"there is a database {into} already, and none is overwritten: give another name as into, or drop it")
    load = Step("load", into, "absent", f"{rows} rows in {len(found.manifest.tables)} tables of {found.manifest.database}")
    return [load, *_swap(wanted, found, into)] if wanted.replace else [load]


def _swap(wanted: Load, found: Loadable, into: str) -> list[Step]:
    dbname, old = wanted.database.dbname, aside(wanted, found)
    if found.manifest.database != dbname:
        raise Refused(f"{wanted.src} is a dump of {found.manifest.database}, and would replace {dbname}: load it without replace")
    if dbname not in found.server.databases:
        raise NotFound(f"there is no database {dbname} to replace: load it without replace, as into: {dbname}")
    if is_in_use(found.server) and not wanted.disconnect:
        raise StillConnected(
            f"{len(found.server.connected)} sessions are connected to {dbname} ({listed(found.server.connected[:5])}): stop what "
            "uses it, or give disconnect, which ends them"
        )
    return [Step("rename", dbname, dbname, old), Step("rename", into, into, dbname)]


def _refuse_rights(wanted: Load, found: Loadable) -> None:
    server, role = found.server, found.server.role
    if not server.may_create_databases:
        raise RightMissing(
            f"{shown(role)} may not create a database, and a load goes into a new one first: ALTER ROLE {role} CREATEDB"
        )
    if wanted.tables and not server.may_create_schemas:
        dbname = wanted.database.dbname
        raise RightMissing(f"{shown(role)} may not create a schema in {dbname}: GRANT CREATE ON DATABASE {dbname} TO {role}")
    if wanted.replace and not server.owns:
        dbname = wanted.database.dbname
        raise RightMissing(f"{shown(role)} does not own {dbname}, and cannot rename it: log in as its owner, or a member of it")
