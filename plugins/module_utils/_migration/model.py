# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrations as they lie in a directory, as the history remembers them, and what may be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_CONCURRENT = re.compile(
    r"(create (unique )?index|drop index|reindex( ?\([^)]*\))? (index|table|schema|database)) concurrently\b", re.IGNORECASE
)

APPLIED, RUNNING, BROKEN = "applied", "running", "failed"
BASELINE, REVERTING = "baseline", "reverting"


@dataclass(frozen=True)
class Violation:
    """A rule that a statement breaks: why that hurts, and how to do it without; ``line`` counts from 1."""

    line: int
    rule: str
    why: str
    instead: str = ""


@dataclass(frozen=True)
class Acceptance:
    """What a file says of rules that it breaks on purpose; ``line`` is the statement's, or 0 for the whole file."""

    rules: tuple[str, ...]
    reason: str
    line: int = 0


@dataclass(frozen=True)
class Index:
    """An index that a statement builds concurrently, as PostgreSQL names it, and its table as the statement names it."""

    name: str
    table: str


@dataclass(frozen=True)
class Invalid:
    """An index that nobody can use, and its table, both with their schema and quoted as SQL wants it."""

    name: str
    table: str


@dataclass(frozen=True)
class Statement:
    """One statement of a file, without its semicolon; ``line`` is where it begins."""

    number: int
    line: int
    text: str
    bare: str
    index: Index | None = None

    @property
    def is_concurrent(self) -> bool:
        """PostgreSQL works without stalling readers and writers, so there is no harm in waiting for long."""
        return bool(_CONCURRENT.match(self.bare))


@dataclass(frozen=True)
class Backfill:
    """Rows that one statement writes in batches: of which table, by which key of whole numbers; ``pause`` in seconds."""

    table: str
    key: str
    batch: int = 1000
    pause: float = 0.0


@dataclass(frozen=True)
class Budget:
    """What one file may take, in seconds, where it says so; 0 where it does not, and the ``reason``."""

    statement: float = 0.0
    transaction: float = 0.0
    reason: str = ""

    @property
    def told(self) -> str:
        terms = (("statement", self.statement), ("transaction", self.transaction))
        return ", ".join(f"{name} {seconds:g} s" for name, seconds in terms if seconds) + f": {self.reason}"


@dataclass(frozen=True)
class Script:
    """The way up or down, one file; ``reversible`` is why a way down loses nothing, "" where nobody said so."""

    file: str
    text: str
    transactional: bool = True
    statements: tuple[Statement, ...] = ()
    accepts: tuple[Acceptance, ...] = ()
    backfill: Backfill | None = None
    reversible: str = ""
    budget: Budget = Budget()

    @property
    def only_builds_indexes(self) -> bool:
        return not self.transactional and all(statement.index for statement in self.statements)


@dataclass(frozen=True)
class Migration:
    """One change of the schema; ``number`` orders SQL files, and is 0 where revisions order themselves."""

    version: str
    name: str
    checksum: str
    up: Script
    down: Script | None = None
    number: int = 0
    compatible: bool = False
    contract: bool = False

    @property
    def title(self) -> str:
        return f"{self.version}_{self.name}"


@dataclass(frozen=True)
class Applied:
    """A row of the history; times are ISO 8601, an empty checksum is one that nobody wrote down; ``number`` as above.

    ``note`` says how it came there where it was not run: ``baseline`` for what was taken over, and what a repair did to it. It
    is ``reverting`` from the start of a way down that no transaction holds together until its end.
    """

    version: str
    name: str
    checksum: str = ""
    release: str = ""
    compatible: bool = False
    state: str = APPLIED
    started_at: str = ""
    finished_at: str = ""
    duration_ms: int = 0
    number: int = 0
    contract: bool = False
    note: str = ""

    @property
    def title(self) -> str:
        return f"{self.version}_{self.name}"


@dataclass(frozen=True)
class Unseen:
    """SQL of a pending migration that a linter is to look at; ``checksum`` is that of the migration."""

    checksum: str
    text: str
    transactional: bool


Linted = Mapping[str, tuple[Violation, ...]]
"""What squawk found in each migration, by its checksum; one that it has not seen is not in it."""


@dataclass(frozen=True)
class Server:
    """Which cluster answers: what initdb gave it for life, and a number that grows with each promotion of a standby."""

    system_identifier: str
    timeline: int

    def __str__(self) -> str:
        return f"system {self.system_identifier} on timeline {self.timeline}"


@dataclass(frozen=True)
class Found:
    """What the database says: its history, oldest first, and whether it is a standby; and what linters say of what is pending.

    ``linted`` is from squawk, ``rendered`` from our own rules where the migration is no SQL file. ``tables`` of the application
    are counted where a schema is to be taken over.
    """

    history: tuple[Applied, ...] = ()
    standby: bool = False
    server_version: int = 0
    linted: Linted = field(default_factory=dict)
    unseen: tuple[Unseen, ...] = ()
    rendered: Linted = field(default_factory=dict)
    tables: int = 0
    server: Server | None = None


@dataclass(frozen=True)
class Aim:
    """Where to go: up to ``target``, or to the newest; or down to ``target``, which stays applied.

    ``baseline`` is the last migration of those that are there already, and are only written down. ``serves`` is the newest
    migration that the code knows which serves now; contract migrations after it wait, and what it knows is not reverted. On the
    way down ``0`` says that no code serves. ``expect_system_identifier`` is that of the only cluster that is meant.
    """

    direction: str = "up"
    target: str = ""
    release: str = ""
    out_of_order: bool = False
    unlinted: str = ""
    serves: str = ""
    baseline: str = ""
    expect_system_identifier: str = ""
