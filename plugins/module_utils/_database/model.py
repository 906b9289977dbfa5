# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions of a database, what they do to each other, and which of them are to be ended.

Refused
├── RightMissing         our role may not do, or see, what was asked for
└── TooManySessions      the rules match more sessions than may be ended without a confirmation
Failed
└── SessionsRemain       sessions that were told to end are still there
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .._core.errors import Failed, InvalidInput, Refused
from .._core.text import choice, shown, within

ACTIVE, ABORTED = "active", "idle in transaction (aborted)"
STATES = {ACTIVE: "", "idle": "", "idle in transaction": "", ABORTED: ""}
CLIENT = "client backend"
PREPARED = 0
"""What pg_blocking_pids says in place of a pid where a prepared transaction holds the lock."""

OURS = ("mainstay*",)
KEEPERS = ("pg_dump*", "pg_restore*", "pg_basebackup*", "pgBackRest*", "Patroni*")
"""Backups and what keeps a cluster together: ending them does more harm than they do. Names as these programs give them."""

MOST_UNCONFIRMED, MOST_AT_ONCE = 50, 200


class RightMissing(Refused):
    """Our role may not do, or see, what was asked for."""


class TooManySessions(Refused):
    """The rules match more sessions than may be ended without a confirmation."""


class SessionsRemain(Failed):
    """Sessions that were told to end are still there."""


@dataclass(frozen=True)
class Session:
    """One process of the server, as pg_stat_activity tells of it.

    ``age`` is for how many seconds its statement runs, or it has been in its state; ``transaction`` for how many its
    transaction has been open, None without one. ``statement`` holds no literal. ``held_by`` are pids.
    """

    pid: int
    started: datetime
    kind: str = CLIENT
    database: str = ""
    user: str = ""
    application: str = ""
    client: str = ""
    state: str = ""
    age: float = 0.0
    transaction: float | None = None
    waits: str = ""
    query_id: str = ""
    horizon: int | None = None
    is_privileged: bool = False
    is_mine: bool = False
    state_since: datetime | None = None
    transaction_since: datetime | None = None
    statement: str = ""
    held_by: tuple[int, ...] = ()

    @property
    def told(self) -> str:
        """Who it is and what it does, in a few words."""
        who = f"pid {self.pid} of {self.user or self.kind} ({self.application or 'unnamed'})"
        return f"{who}, {self.state or 'at work'} for {self.age:.0f} s"


@dataclass(frozen=True)
class Prepared:
    """A transaction that was prepared and waits to be committed, for so many seconds."""

    name: str
    database: str
    owner: str
    age: float
    horizon: int


@dataclass(frozen=True)
class Slot:
    """A replication slot; ``horizon`` is how many transactions old the rows are that vacuum must keep for it."""

    name: str
    kind: str
    is_active: bool
    horizon: int
    retained: int


@dataclass(frozen=True)
class Bound:
    """How many connections a database or a role may have, and how many it has."""

    name: str
    limit: int
    used: int


@dataclass(frozen=True)
class Pool:
    """How many connections the server takes, how many of them it keeps for those who look after it, and how many are taken."""

    most: int
    reserved: int
    used: int
    databases: tuple[Bound, ...] = ()
    roles: tuple[Bound, ...] = ()

    @property
    def free(self) -> int:
        return max(0, self.most - self.reserved - self.used)

    @property
    def share(self) -> float:
        return self.used / max(1, self.most - self.reserved)


@dataclass(frozen=True)
class Costly:
    """A statement that took much time in all, as pg_stat_statements remembers; milliseconds."""

    query_id: str
    user: str
    calls: int
    total_ms: float
    mean_ms: float
    rows: int
    statement: str


@dataclass(frozen=True)
class Activity:
    """All that is going on; ``costly`` is None where pg_stat_statements is not there to ask."""

    database: str
    sessions: tuple[Session, ...]
    pool: Pool
    prepared: tuple[Prepared, ...] = ()
    slots: tuple[Slot, ...] = ()
    costly: tuple[Costly, ...] | None = None


@dataclass(frozen=True)
class Marks:
    """From which age on, in seconds, something is worth telling; ``most`` bounds every list."""

    idle: float = 60.0
    transaction: float = 300.0
    slow: float = 5.0
    full: float = 0.8
    most: int = 20

    def __post_init__(self) -> None:
        for noun, value in (("idle", self.idle), ("transaction", self.transaction), ("slow", self.slow)):
            within(noun, value, 0, 604800)
        within("most", self.most, 1, 200)


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, on what, and what to do about it."""

    subject: str
    says: str
    advice: str


@dataclass(frozen=True)
class Rule:
    """Which sessions are ended: those that match all that it says. ``older`` is in seconds, never 0.

    With ``blocking``, a session counts that holds up so many others and waits for nobody itself, and ``older`` is the age of its
    transaction.
    """

    older: float
    state: str = ""
    application: str = ""
    user: str = ""
    blocking: int = 0
    terminate: bool = False

    def __post_init__(self) -> None:
        within("older", self.older, 1, 604800)
        within("blocking", self.blocking, 0, 10000)
        if self.state:
            choice(self.state, STATES, "state")
        if not self.state and not self.blocking:
            raise InvalidInput("a rule without a state would end every session: give state, or how many it must be blocking")
        if self.state not in ("", ACTIVE) and not self.terminate:
            raise InvalidInput(
                f"a session that is {self.state} has no statement to cancel: give terminate: true, or leave out the rule"
            )
        for noun, value in (("application", self.application), ("user", self.user)):
            _plain(noun, value)


@dataclass(frozen=True)
class Ending:
    """The rules, and how far they may go. ``grace`` is how many seconds a cancelled session has to let go."""

    place: str
    rules: tuple[Rule, ...]
    protected: tuple[str, ...] = ()
    largest: int = 5
    confirm: str = ""
    grace: float = 5.0

    def __post_init__(self) -> None:
        if not 1 <= self.largest <= MOST_UNCONFIRMED:
            raise InvalidInput(f"largest is {self.largest}: allowed are 1 to {MOST_UNCONFIRMED}; for more, give confirm")
        if not 1 <= len(self.rules) <= 50:
            raise InvalidInput(f"{len(self.rules)} rules were given: allowed are 1 to 50")
        within("grace", self.grace, 0.1, 300)
        for name in self.protected:
            _plain("protected", name)


@dataclass(frozen=True)
class Match:
    """A session, and the first rule that it matches."""

    session: Session
    rule: Rule = field(repr=False)
    behind: int = 0


def _plain(noun: str, value: str) -> None:
    if len(value) > 63 or not value.isprintable():
        raise InvalidInput(
            f"{shown(value)} is no sensible {noun}: allowed are up to 63 printable characters, with * and ? as a glob"
        )
