# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking a dump: pg_dump works in the same exported snapshot in which the rows are counted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .._core.errors import Refused
from .._postgres.model import Database, Limits
from .._postgres.postgres import session
from . import catalog, programs, shelf
from .model import Dump, Found, Manifest, Source, Table
from .plan import name, selected

if TYPE_CHECKING:
    from .._postgres.postgres import Connection


def limits(wanted: Dump) -> Limits:
    return Limits(lock=wanted.lock_timeout, statement=wanted.timeout, deadline=wanted.timeout)


def taken(wanted: Dump, found: Found) -> Manifest:
    """Dump into a file that bears its name only when it is whole."""
    begin, file = time.monotonic(), name(wanted, found.stamp)
    if (Path(wanted.dest) / file).exists():
        raise Refused(f"another run has just put a dump {file} into {wanted.dest}: run again, if you want a second one")
    with shelf.part(wanted.dest, file) as part:
        with _snapshot(wanted) as (connection, snapshot):
            source = catalog.source(connection)
            tables = selected(wanted, source.tables)
            command = _command(wanted, source, tables, snapshot)
            with programs.child(_same_server(wanted.database, connection), *command, stdout=part) as child:
                counted = catalog.counted(connection, tables)
                child.end(wanted.timeout)
        os.fsync(part.fileno())
        manifest = _manifest(wanted, found, source, counted, Path(part_path(wanted, file)), begin)
        shelf.put(wanted.dest, manifest)
    return manifest


def part_path(wanted: Dump, file: str) -> str:
    return f"{wanted.dest}/.{file}.part"


@contextmanager
def _snapshot(wanted: Dump) -> Iterator[tuple[Connection, str]]:
    """A transaction that sees the database as it is now, and the name under which others see the same."""
    with session(wanted.database, limits(wanted)) as connection:
        connection.execute(b"SET idle_in_transaction_session_timeout = 0")
        connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute(b"SELECT pg_export_snapshot()").fetchone()
        yield connection, str(row[0] if row else "")
        connection.execute(b"COMMIT")


def _same_server(database: Database, connection: Connection) -> Database:
    """Of several hosts, the one that has the snapshot."""
    return replace(database, host=connection.info.host, port=connection.info.port)


def _command(wanted: Dump, source: Source, tables: tuple[Table, ...], snapshot: str) -> list[str]:
    """Of some tables the dump has all definitions, so that types and functions are there, but no rows of the others."""
    chosen = {table.full for table in tables}
    others = [table for table in source.tables if table.full not in chosen]
    left_out = [f"--exclude-table-data={_quoted(table.schema)}.{_quoted(table.name)}" for table in others]
    wait = f"--lock-wait-timeout={wanted.lock_timeout * 1000:.0f}"
    options = ["--format=custom", "--no-password", f"--snapshot={snapshot}", wait]
    return ["pg_dump", *options, *(["--no-blobs", *left_out] if wanted.tables else [])]


def _quoted(word: str) -> str:
    """A word of a pattern of pg_dump's that stands for itself."""
    return '"' + word.replace('"', '""') + '"'


def _manifest(wanted: Dump, found: Found, source: Source, tables: tuple[Table, ...], path: Path, begin: float) -> Manifest:
    return Manifest(
        file=name(wanted, found.stamp),
        sha256=shelf.checksum(path),
        bytes=path.stat().st_size,
        database=wanted.database.dbname,
        server=source.server,
        pg_dump=found.program,
        when=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.strptime(found.stamp, "%Y%m%d_%H%M%S")),
        seconds=round(time.monotonic() - begin, 3),
        whole=not wanted.tables,
        locale=source.locale,
        tables=tables,
        foreign_keys=source.foreign_keys,
    )
