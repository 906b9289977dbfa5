# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A logical dump of one database or of some of its tables: what is wanted of it, and what its manifest says.

Refused
├── RightMissing         the role may not do what the dump or the load needs; says which right, and how it is given
└── StillConnected       others are connected to the database that is to be replaced
Corrupt
└── DumpDamaged          a dump is not the one that its manifest describes
Failed
├── ProgramFailed        pg_dump or pg_restore ended with an error; says which
└── RowsDiffer           a table came back with another number of rows than were dumped
"""

from __future__ import annotations

from dataclasses import dataclass

from .._core.errors import Corrupt, Failed, Refused
from .._core.text import Grammar, within
from .._postgres.model import ROLE, Database

PATH = Grammar(
    "path",
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.+@\-]+)+",
    "a whole path of letters, digits and any of _ . + @ - without .. in it",
    500,
)
TABLE = Grammar(
    "table",
    r"([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}",
    "a name of letters, digits and underscores, such as orders, or one with its schema, such as shop.orders",
    127,
)
STAMP = "%Y%m%d_%H%M%S"
"""How a moment of UTC is written in names of files, databases and schemas."""


class RightMissing(Refused):
    """The role may not do what the dump or the load needs."""


class StillConnected(Refused):
    """Others are connected to the database that is to be replaced."""


class DumpDamaged(Corrupt):
    """A dump is not the one that its manifest describes."""


class ProgramFailed(Failed):
    """pg_dump or pg_restore ended with an error."""


class RowsDiffer(Failed):
    """A table came back with another number of rows than were dumped."""


@dataclass(frozen=True)
class Table:
    """A table; ``rows`` is None where it has none of its own, being partitioned. ``root`` is what it is a partition of."""

    schema: str
    name: str
    rows: int | None = None
    root: str = ""

    @property
    def full(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key of ``table`` that refers to ``to``, both with their schemas."""

    table: str
    name: str
    to: str


@dataclass(frozen=True)
class Locale:
    """What a database is created with, so that texts sort as they did; ``icu`` is "" where the C library sorts."""

    encoding: str
    collate: str
    ctype: str
    icu: str = ""


@dataclass(frozen=True)
class Source:
    """A database as it is now; ``size`` is the bytes of what is dumped, ``unreadable`` what the role may not read."""

    major: int
    server: str
    locale: Locale
    tables: tuple[Table, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    unreadable: tuple[str, ...] = ()
    size: int = 0


@dataclass(frozen=True)
class Manifest:
    """What is written down beside a dump. ``tables`` are those whose rows it has, ``whole`` if that is all of them."""

    file: str
    sha256: str
    bytes: int
    database: str
    server: str
    pg_dump: str
    when: str
    seconds: float
    whole: bool
    locale: Locale
    tables: tuple[Table, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def rows(self) -> dict[str, int]:
        return {table.full: table.rows for table in self.tables if table.rows is not None}


@dataclass(frozen=True)
class Shelf:
    """The directory of dumps, and in it those of one name, oldest first; ``leftovers`` are files of dumps that were killed."""

    dumps: tuple[Manifest, ...] = ()
    leftovers: tuple[str, ...] = ()
    free: int = 0
    exists: bool = True


@dataclass(frozen=True)
class Dump:
    """What is to be dumped and where to; ``keep`` older dumps of the same stay. Times are seconds."""

    database: Database
    dest: str
    name: str = ""
    tables: tuple[str, ...] = ()
    keep: int = 7
    lock_timeout: float = 10.0
    timeout: float = 14400.0

    def __post_init__(self) -> None:
        PATH.check(self.dest)
        ROLE.check(self.called)
        for table in self.tables:
            TABLE.check(table)
        within("keep", self.keep, 1, 1000)
        within("lock_timeout", self.lock_timeout, 0.01, 60)
        within("timeout", self.timeout, 1, 86400)

    @property
    def called(self) -> str:
        return self.name or self.database.dbname


@dataclass(frozen=True)
class Load:
    """Which dump is to be loaded where; ``maintenance`` is the database over which others are created and renamed."""

    database: Database
    src: str
    into: str = ""
    tables: tuple[str, ...] = ()
    jobs: int = 1
    replace: bool = False
    environment: str = ""
    confirm: str = ""
    disconnect: bool = False
    maintenance: str = "postgres"
    timeout: float = 14400.0

    def __post_init__(self) -> None:
        PATH.check(self.src)
        ROLE.check(self.maintenance)
        if self.into:
            ROLE.check(self.into)
        for table in self.tables:
            TABLE.check(table)
        within("number of jobs", self.jobs, 1, 32)
        within("timeout", self.timeout, 1, 86400)

    @property
    def word(self) -> str:
        return f"{self.environment} {self.database.dbname}"


@dataclass(frozen=True)
class Server:
    """Where a dump is loaded: its databases, who is connected to the one that is meant, and what the role may do."""

    major: int
    role: str
    databases: tuple[str, ...] = ()
    connected: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    may_create_databases: bool = True
    may_create_schemas: bool = True
    owns: bool = True


@dataclass(frozen=True)
class Found:
    """All that a dump is planned from; ``stamp`` is now."""

    source: Source
    shelf: Shelf
    program: str
    stamp: str


@dataclass(frozen=True)
class Loadable:
    """All that a load is planned from: a dump that is whole, and where it goes."""

    manifest: Manifest
    server: Server
    program: str
    stamp: str
