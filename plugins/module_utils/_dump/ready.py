# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What speaks against a dump or a load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .model import Manifest, Server, Shelf, Source, Table

RESERVE = 64 * 1024 * 1024


def needed(size: int, before: Iterable[Manifest]) -> int:
    """Bytes that a dump may take: as the tables do, or twice the last one of the same if that is less."""
    last = [dump.bytes for dump in before][-1:]
    return min([size, *(2 * bytes_ for bytes_ in last)]) + RESERVE


def has_room(source: Source, shelf: Shelf, before: Iterable[Manifest]) -> bool:
    return shelf.free >= needed(source.size, before)


def is_old(program: str, major: int) -> bool:
    """A client program reads no server that is newer than itself."""
    return major_of(program) < major


def major_of(version: str) -> int:
    return int(version.partition(".")[0])


def is_same(dump: Manifest, database: str, tables: Iterable[Table], *, whole: bool) -> bool:
    """Whether a dump is an older one of just this."""
    if (dump.database, dump.whole) != (database, whole):
        return False
    return whole or {table.root or table.full for table in dump.tables} == {table.root or table.full for table in tables}


def differing(expected: Mapping[str, int], counted: Mapping[str, int]) -> list[str]:
    """Tables that have another number of rows, in words."""
    return [
        f"{name} has {counted.get(name, 0)} rows instead of {rows}"
        for name, rows in expected.items()
        if counted.get(name) != rows
    ]


def is_in_use(server: Server) -> bool:
    return bool(server.connected)
