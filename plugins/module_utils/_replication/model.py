# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Streaming replication: the server of this host, the primary that it follows, and the errors of all this.

LSNs are numbers of bytes in the write-ahead log, ages seconds.

Refused
├── ManagedElsewhere      Patroni or the like decides who is primary here
├── NotThisCluster        the data here, or the server there, belongs to another cluster
├── PrimaryRuns           a primary runs here, or there is another one that takes writes
├── NotAStandby           the place is not empty, and holds no standby
├── NotAPrimary           what shall be fenced, or take writes again, is no primary and was none
├── ReplicaTooFarBehind   the standby lags more than allowed, or is not connected at all
├── NotFenced             nothing proves that the old primary can take no more writes
├── SlotInUse             the slot belongs to a standby that is connected
└── NotConfirmed          data would be replaced or lost, and nobody typed the word
Failed
└── ReplicationFailed     a program of PostgreSQL or systemd ended with an error; says which
"""

from __future__ import annotations

from dataclasses import dataclass

from .._backup.model import FILE, USER
from .._core.errors import Failed, InvalidInput, Refused
from .._core.text import Grammar
from .._postgres.model import ROLE

SLOT = Grammar("replication slot", r"[a-z0-9_]{1,63}", "1 to 63 lower-case letters, digits and underscores", 63)
UNIT = Grammar("unit", r"[A-Za-z0-9_@.\-]{1,120}\.service", "names of systemd services, such as postgresql@15-main.service", 128)
HOST_NAME = Grammar("host", r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,252}", "1 to 253 letters, digits, dots, dashes and underscores", 253)
MANAGERS = ("none", "patroni")
FENCED, REWINDING, PROMOTING, REMOVED = "fenced", "rewinding", "promoting", "removed"
"""What the record beside the data says of it: no primary any more, half rewound, about to be promoted, a standby taken away."""
SHUT_DOWN = {"shut down", "shut down in recovery"}
PRIMARY, STANDBY, STOPPED_PRIMARY, STOPPED_STANDBY, HELD, NOTHING = (
    "primary", "standby", "stopped primary", "stopped standby", "fenced", "none",
)  # fmt: skip


class ManagedElsewhere(Refused):
    """Patroni or the like decides who is primary here."""


class NotThisCluster(Refused):
    """The data here, or the server there, belongs to another cluster."""


class PrimaryRuns(Refused):
    """A primary runs here, or there is another one that takes writes."""


class NotAStandby(Refused):
    """The place is not empty, and holds no standby."""


class NotAPrimary(Refused):
    """What shall be fenced, or take writes again, is no primary and was none."""


class ReplicaTooFarBehind(Refused):
    """The standby lags more than allowed, or is not connected at all."""


class NotFenced(Refused):
    """Nothing proves that the old primary can take no more writes."""


class SlotInUse(Refused):
    """The slot belongs to a standby that is connected."""


class NotConfirmed(Refused):
    """Data would be replaced or lost, and nobody typed the word."""


class ReplicationFailed(Failed):
    """A program of PostgreSQL or systemd ended with an error."""


@dataclass(frozen=True)
class Instance:
    """The server of this host. Without a ``unit`` it is started by pg_ctl; ``timeout`` is seconds for one start or stop."""

    data: str
    unit: str = ""
    config: str = ""
    binaries: str = ""
    user: str = "postgres"
    superuser: str = "postgres"
    timeout: float = 300.0

    def __post_init__(self) -> None:
        for path in filter(None, (self.data, self.config, self.binaries)):
            FILE.check(path)
        if not self.data:
            raise InvalidInput("data is empty: give the directory of the server's data")
        if self.unit:
            UNIT.check(self.unit)
        USER.check(self.user)
        ROLE.check(self.superuser)


@dataclass(frozen=True)
class Proof:
    """That a primary was shut down: the cluster, its timeline, and the LSN of its last checkpoint, behind which is nothing."""

    system_id: int
    timeline: int
    checkpoint: int


@dataclass(frozen=True)
class Record:
    """What stands beside the data of a server that was a primary, or is becoming one; ``proof`` is None while nobody knows."""

    stage: str
    at: float
    proof: Proof | None = None


@dataclass(frozen=True)
class Standby:
    """A standby as its primary sees it."""

    name: str
    state: str
    address: str
    replayed: int
    lag_bytes: int
    lag_seconds: float | None = None
    sync: str = "async"


@dataclass(frozen=True)
class Slot:
    """A replication slot. ``kept`` is how much of the log it holds, in bytes; ``standby`` is who is connected to it."""

    name: str
    active: bool
    kept: int
    wal_status: str = ""
    standby: Standby | None = None


@dataclass(frozen=True)
class Server:
    """What a running server says. ``position`` is where it writes, or what it has replayed if it is in recovery.

    ``oldest`` is where the log begins that it still has. Not ``settled`` is a primary that was promoted a moment ago: its
    control file has the timeline of before, by which pg_rewind would compare wrongly (its manual, "Notes").
    """

    system_id: int
    in_recovery: bool
    timeline: int
    position: int
    oldest: int = 0
    received: int = 0
    streaming: bool = False
    upstream: str = ""
    slot: str = ""
    delay: float | None = None
    version: str = ""
    settled: bool = True
    size: int = 0
    tablespaces: int = 0
    slots: tuple[Slot, ...] = ()
    standbys: tuple[Standby, ...] = ()

    def slot_named(self, name: str) -> Slot | None:
        return next((slot for slot in self.slots if slot.name == name), None)


@dataclass(frozen=True)
class Local:
    """The server of this host, asked and by its files. ``server`` is None where it does not run or does not answer."""

    data: str
    is_empty: bool = True
    pid: int = 0
    system_id: int = 0
    timeline: int = 0
    state: str = ""
    checkpoint: int = 0
    checksums: bool = False
    is_standby: bool = False
    is_mount: bool = False
    tablespaces: int = 0
    record: Record | None = None
    server: Server | None = None
    conninfo: str = ""
    slot: str = ""
    masked: bool = False
    left: tuple[str, ...] = ()
    free: int = 0

    @property
    def fenced(self) -> bool:
        return self.stage in (FENCED, REWINDING, REMOVED)

    @property
    def stage(self) -> str:
        return self.record.stage if self.record else ""

    @property
    def armed(self) -> bool:
        """It takes writes, and would come up as a standby when it is started again."""
        return self.role == PRIMARY and (self.is_standby or self.fenced)

    @property
    def role(self) -> str:
        """One word for what it is."""
        if self.server:
            return STANDBY if self.server.in_recovery else PRIMARY
        if not self.system_id:
            return NOTHING
        if self.fenced and not self.pid:
            return HELD
        return STOPPED_STANDBY if self.is_standby else STOPPED_PRIMARY


@dataclass(frozen=True)
class Bounds:
    """How far behind a standby may be, in bytes, and how many seconds it has to get there."""

    lag: int = 16 * 2**20
    within: float = 600.0

    def __post_init__(self) -> None:
        if not 0 <= self.lag <= 2**50:
            raise InvalidInput(f"{self.lag} bytes are not a sensible lag: allowed are 0 to {2**50}")
        if not 1 <= self.within <= 7 * 86400:
            raise InvalidInput(f"within {self.within:g} s is not sensible: allowed are 1 s to 7 d")
