# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A database of PostgreSQL, how it is reached, and how long one of our sessions may take for what.

Failed
└── StatementFailed      PostgreSQL refused a statement; says which
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._core.errors import Failed, InvalidInput
from .._core.text import Grammar, shown

HOST = Grammar("host", r"[A-Za-z0-9_/.:,\-]{0,255}", "host names, addresses and socket directories, parted by commas", 255)
ROLE = Grammar("role or database", r"[A-Za-z0-9_][A-Za-z0-9_.@\-]{0,62}", "1 to 63 letters, digits and any of _ . @ -", 63)
SCHEMA = Grammar("schema", r"[a-z_][a-z0-9_]{0,62}", "1 to 63 lower-case letters, digits and underscores", 63)
SIZE = Grammar("size", r"[1-9][0-9]{0,8}(kB|MB|GB|TB)", "a whole number and a unit of PostgreSQL's, such as 512MB or 10GB", 11)
LABEL = Grammar("application name", r"[A-Za-z0-9_ .:/\-]{1,63}", "1 to 63 letters, digits, spaces and any of _ . : / -", 63)


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
        if "," in self.host and "" in self.host.split(","):
            raise InvalidInput(
                f"host {shown(self.host)} names nothing between two commas, or behind one: allowed are {HOST.allowed}"
            )
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
    """Seconds: how long a lock is waited for at a time, how long one statement may run, how long all may take.

    ``idle`` is for how long a transaction may have nothing to do, ``transaction`` how long a whole one may take that is sent
    statement by statement, ``temp`` how much disk a session may take for sorting, such as ``10GB``, "" for what the server says.
    """

    lock: float = 0.1
    statement: float = 60.0
    deadline: float = 600.0
    idle: float = 60.0
    transaction: float = 86400.0
    temp: str = ""

    def __post_init__(self) -> None:
        _within("lock_timeout", self.lock, 0.01, 60)
        _within("statement_timeout", self.statement, 0.1, 86400)
        _within("deadline", self.deadline, 1, 604800)
        _within("idle_timeout", self.idle, 1, 86400)
        _within("transaction_timeout", self.transaction, 0.1, 86400)
        if self.temp:
            SIZE.check(self.temp)


def _within(noun: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidInput(f"{noun} {shown(value)} s is not sensible: allowed are {least:g} s to {most:g} s")
