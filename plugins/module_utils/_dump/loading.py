# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Loading a dump: always into a scratch database first, where its rows are counted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from .._core.errors import Refused
from .._core.text import listed
from .._postgres.model import Database, Limits
from .._postgres.postgres import session
from . import catalog, contents, databases, programs
from .choice import inside
from .model import Load, Loadable, RowsDiffer, StillConnected, Table
from .plan import aside, loaded, schema, target
from .ready import differing

if TYPE_CHECKING:
    from .._postgres.postgres import Connection

NOT_OURS = ("--no-owner", "--no-subscriptions")
NO_RIGHTS = (*NOT_OURS, "--no-privileges", "--no-publications")
"""A copy within the database is for who loads it, and publishes nothing."""


def limits(wanted: Load) -> Limits:
    return Limits(lock=10, statement=wanted.timeout, deadline=wanted.timeout)


def maintenance(wanted: Load) -> Database:
    return replace(wanted.database, dbname=wanted.maintenance)


@contextmanager
def turn(wanted: Load) -> Iterator[Connection]:
    """A session over which databases are made, while nobody else loads for the same one."""
    with session(maintenance(wanted), limits(wanted)) as connection:
        databases.take_turn(connection, wanted.database.dbname)
        yield connection


def load_whole(connection: Connection, wanted: Load, found: Loadable, may_swap: Callable[[], None]) -> None:
    """Restore the database under a name of its own, then give it the one that is wanted; ``may_swap`` raises if it may not."""
    with databases.scratch(connection, wanted, found.stamp, found.manifest.locale) as scratch:
        _restore(wanted, scratch, *NOT_OURS, wanted.src)
        with session(replace(wanted.database, dbname=scratch), limits(wanted)) as there:
            _demand_rows(there, found.manifest.tables)
        if wanted.replace:
            may_swap()
            _replace(connection, wanted, found, scratch)
        else:
            databases.rename(connection, scratch, target(wanted, found))


def load_tables(connection: Connection, wanted: Load, found: Loadable) -> None:
    """Restore the tables in a scratch database, move them to a new schema there, and bring that over as one transaction."""
    tables, into = loaded(wanted, found), schema(found)
    with databases.scratch(connection, wanted, found.stamp, found.manifest.locale) as scratch:
        _restore_some(wanted, found, scratch, tables)
        with session(replace(wanted.database, dbname=scratch), limits(wanted)) as there:
            _demand_rows(there, tables)
            _demand_alone(there, tables)
            catalog.move(there, tables, into)
        _bring(wanted, scratch, into)


def _restore_some(wanted: Load, found: Loadable, scratch: str, tables: tuple[Table, ...]) -> None:
    listing = programs.run(wanted.database, "pg_restore", "--list", wanted.src, timeout=wanted.timeout).decode()
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(contents.kept(listing, tables, inside(found.manifest.foreign_keys, tables)))
        file.flush()
        _restore(wanted, scratch, *NO_RIGHTS, f"--use-list={file.name}", wanted.src)


def _restore(wanted: Load, dbname: str, *options: str) -> None:
    """Any statement that fails fails it all."""
    at_once = ["--single-transaction"] if wanted.jobs == 1 else [f"--jobs={wanted.jobs}"]
    command = ["pg_restore", "--exit-on-error", "--no-password", f"--dbname={dbname}", *at_once, *options]
    programs.run(replace(wanted.database, dbname=dbname), *command, timeout=wanted.timeout)


def _bring(wanted: Load, scratch: str, into: str) -> None:
    """From one database to the other through a pipe. The format says beforehand what is to come, so half of it is an error."""
    dump = ["pg_dump", "--format=custom", "--compress=0", "--no-password", f"--schema={into}", *NO_RIGHTS]
    load = ["pg_restore", "--exit-on-error", "--single-transaction", "--no-password", f"--dbname={wanted.database.dbname}"]
    with programs.child(replace(wanted.database, dbname=scratch), *dump) as dumping:
        with programs.child(wanted.database, *load, *NO_RIGHTS, stdin=dumping.process.stdout) as loading:
            loading.end(wanted.timeout)
        dumping.end(wanted.timeout)


def _demand_rows(connection: Connection, tables: tuple[Table, ...]) -> None:
    expected = {table.full: table.rows for table in tables if table.rows is not None}
    counted = {table.full: table.rows or 0 for table in catalog.counted(connection, tables)}
    wrong = differing(expected, counted)
    if wrong:
        raise RowsDiffer(f"not all came back: {listed(wrong[:5])}; the copy was dropped. Take another dump")


def _demand_alone(connection: Connection, tables: tuple[Table, ...]) -> None:
    """A table that inherited from a live one would show its rows there."""
    pairs = catalog.heirs(connection, tables)
    if pairs:
        child, parent = pairs[0]
        raise Refused(f"{child} inherits from {parent}, so both have to be loaded together: name both")


def _replace(connection: Connection, wanted: Load, found: Loadable, scratch: str) -> None:
    """If the swap does not come off, the copy stays under a name of its own, because it took long."""
    try:
        databases.swap(connection, wanted, scratch, aside(wanted, found))
    except StillConnected as error:
        copy = target(wanted, found)
        databases.rename(connection, scratch, copy)
        raise StillConnected(f"{error.message}. The copy is {copy}", into=copy) from None
