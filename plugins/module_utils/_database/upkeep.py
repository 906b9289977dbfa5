# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How worn the tables and indexes of a database are, and how far they are cared for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._core.errors import InvalidInput
from .._core.text import shown, within

PAGE = 8192
WORTH = 1 << 20
"""Bytes; what is smaller is not worth a word about its bloat."""
LAST_TRANSACTION = 1 << 31
"""Where the numbers of transactions wrap around: PostgreSQL refuses writes 3 million before."""
_LEFT_OVER = re.compile(r".*_cc(new|old)\d*")


@dataclass(frozen=True)
class Table:
    """A table; ``size`` in bytes and ``rows`` are PostgreSQL's own estimates, so that looking waits for no lock.

    The thresholds are those of autovacuum with the table's own settings; -1 for never. ``vacuumed`` is how many seconds
    ago it was, None for never; ``waste`` how many bytes too many it has, None for unknown, estimated unless ``is_measured``.
    """

    schema: str
    name: str
    owner: str
    is_ours: bool
    size: int
    rows: float
    dead: int = 0
    modified: int = 0
    inserted: int = 0
    age: int = 0
    multi_age: int = 0
    vacuum_at: float = 50.0
    insert_at: float = -1.0
    analyze_at: float = 50.0
    freeze_at: int = 200_000_000
    multi_freeze_at: int = 400_000_000
    vacuumed: float | None = None
    is_busy: bool = False
    waste: int | None = None
    is_measured: bool = False

    @property
    def title(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def dead_share(self) -> float:
        return self.dead / max(1.0, self.rows + self.dead)


@dataclass(frozen=True)
class Index:
    """An index of a table; ``signature`` is equal for indexes that can stand in for each other."""

    schema: str
    name: str
    table: str
    owner: str
    is_ours: bool
    size: int
    is_valid: bool = True
    is_unique: bool = False
    is_needed: bool = False
    scans: int = 0
    signature: str = ""
    is_busy: bool = False
    waste: int | None = None

    @property
    def title(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def is_left_over(self) -> bool:
        """What an interrupted REINDEX CONCURRENTLY leaves: the index that it stood in for is still there."""
        return not self.is_valid and bool(_LEFT_OVER.fullmatch(self.name))


@dataclass(frozen=True)
class Holder:
    """Who makes vacuum keep dead rows, for how many seconds, None for unknown, and how many transactions."""

    title: str
    age: float | None
    horizon: int


@dataclass(frozen=True)
class Wear:
    """The state of a database. ``counted_for`` is for how many seconds scans have been counted, None for unknown."""

    database: str
    age: int
    multi_age: int
    freeze_at: int
    multi_freeze_at: int
    tables: tuple[Table, ...] = ()
    indexes: tuple[Index, ...] = ()
    holders: tuple[Holder, ...] = ()
    counted_for: float | None = None
    role: str = ""
    autovacuum: bool = True


@dataclass(frozen=True)
class Care:
    """What is done for a database, from which wear on, and how much of it in one run."""

    schemas: tuple[str, ...] = ()
    dead: float = 0.1
    bloat: float = 0.5
    vacuum: bool = True
    analyze: bool = True
    reindex: bool = True
    drop_invalid: bool = False
    most: int = 20
    gigabytes: int = 50

    def __post_init__(self) -> None:
        within("dead", self.dead, 0.01, 1)
        within("bloat", self.bloat, 0.2, 1)
        within("most", self.most, 1, 500)
        within("gigabytes", self.gigabytes, 1, 100_000)
        for name in self.schemas:
            if not 1 <= len(name) <= 63 or not name.isprintable():
                raise InvalidInput(f"{shown(name)} is not a schema: allowed are 1 to 63 printable characters")

    @property
    def bytes(self) -> int:
        return self.gigabytes << 30
