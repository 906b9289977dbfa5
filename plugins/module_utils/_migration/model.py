# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrations as they lie in a directory, as the history remembers them, and what may be asked.

Refused
├── OnStandby            the server is a standby, which only replays what its primary did
├── TurnTaken            another runner is at work on the same history
├── Unfinished           a migration began outside a transaction and did not finish
├── ChecksumChanged      a file was edited after it had been applied
└── OutOfOrder           a file is older than what was applied already
Failed
└── StatementFailed      PostgreSQL refused a statement; says which
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .._core.errors import Failed, InvalidInput, Refused
from .._core.text import Grammar, shown

HOST = Grammar("host", r"[A-Za-z0-9_/.:,\-]{0,255}", "host names, addresses and socket directories, parted by commas", 255)
ROLE = Grammar("role or database", r"[A-Za-z0-9_][A-Za-z0-9_.@\-]{0,62}", "1 to 63 letters, digits and any of _ . @ -", 63)
SCHEMA = Grammar("schema", r"[a-z_][a-z0-9_]{0,62}", "1 to 63 lower-case letters, digits and underscores", 63)
LABEL = Grammar("application name", r"[A-Za-z0-9_ .:/\-]{1,63}", "1 to 63 letters, digits, spaces and any of _ . : / -", 63)

_CONCURRENT = re.compile(
    r"(create (unique )?index|drop index|reindex( ?\([^)]*\))? (index|table|schema|database)) concurrently\b", re.IGNORECASE
)

APPLIED, RUNNING, BROKEN = "applied", "running", "failed"


class OnStandby(Refused):
    """The server is a standby."""


class TurnTaken(Refused):
    """Another runner is at work on the same history."""


class Unfinished(Refused):
    """A migration began outside a transaction and did not finish."""


class ChecksumChanged(Refused):
    """A file was edited after it had been applied."""


class OutOfOrder(Refused):
    """A file is older than what was applied already."""


class StatementFailed(Failed):
    """PostgreSQL refused a statement."""


class Blocked(Exception):
    """A lock was not free in time, or was taken in a circle: worth another attempt."""


@dataclass(frozen=True)
class Database:
    """How to reach the database; ``ca`` is a file with the certificates that are trusted."""

    dbname: str
    host: str = ""
    port: int = 5432
    user: str = ""
    password: str = field(default="", repr=False)
    sslmode: str = "verify-full"
    ca: str = ""
    application_name: str = "mainstay"

    def __post_init__(self) -> None:
        HOST.check(self.host)
        ROLE.check(self.dbname)
        LABEL.check(self.application_name)
        if self.user:
            ROLE.check(self.user)
        if not 1 <= self.port <= 65535:
            raise InvalidInput(f"{self.port} is not a port: allowed are 1 to 65535")
        if "\0" in self.password:
            raise InvalidInput("the password holds a NUL character, which PostgreSQL cannot be given")


@dataclass(frozen=True)
class Limits:
    """Seconds: how long a lock is waited for at a time, how long one statement may run, how long all may take."""

    lock: float = 0.1
    statement: float = 60.0
    deadline: float = 600.0

    def __post_init__(self) -> None:
        _within("lock_timeout", self.lock, 0.01, 60)
        _within("statement_timeout", self.statement, 0.1, 86400)
        _within("deadline", self.deadline, 1, 604800)


@dataclass(frozen=True)
class Index:
    """An index that a statement builds concurrently, as PostgreSQL names it, and its table as the statement names it."""

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
class Script:
    """The way up or down, one file."""

    file: str
    text: str
    transactional: bool = True
    statements: tuple[Statement, ...] = ()

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

    @property
    def title(self) -> str:
        return f"{self.version}_{self.name}"


@dataclass(frozen=True)
class Applied:
    """A row of the history; times are ISO 8601, an empty checksum is one that nobody wrote down; ``number`` as above."""

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

    @property
    def title(self) -> str:
        return f"{self.version}_{self.name}"


@dataclass(frozen=True)
class Found:
    """What the database says: its history, oldest first, and whether it is a standby."""

    history: tuple[Applied, ...] = ()
    standby: bool = False


@dataclass(frozen=True)
class Aim:
    """Where to go: up to ``target``, or to the newest; or down to ``target``, which stays applied."""

    direction: str = "up"
    target: str = ""
    release: str = ""
    repair: bool = False
    out_of_order: bool = False


def _within(noun: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidInput(f"{noun} {shown(value)} s is not sensible: allowed are {least:g} s to {most:g} s")
