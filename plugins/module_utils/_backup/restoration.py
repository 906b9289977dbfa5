# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A restore: what is wanted, and what is found before anything is touched.

Refused
├── ServerRuns          a server runs on the data that would be replaced
├── NotOurData          what lies there is not the data of the stanza's cluster
├── OutOfReach          the write-ahead log does not lead to the target
├── NoRoom              the disk cannot hold the restored data beside the old
└── Unconfirmed         data would be replaced, and nobody typed the word
Failed
├── RecoveryFailed      the server on the restored data did not come up, or not at the target
└── RestoreUnfit        the restored data did not pass its checks
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .._core.errors import Failed, InvalidInput, Refused
from .._core.text import NAME, Grammar
from .._postgres.model import ROLE
from .checks import Check
from .forecast import Forecast
from .model import FILE, Backup, Place
from .reach import Archived, Fork, Reach
from .room import Room
from .target import Target

HOST = Grammar("host", r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,252}", "1 to 253 letters, digits, dots, dashes and underscores", 253)
LABEL = Grammar("label of a backup", r"[0-9]{8}-[0-9]{6}F(_[0-9]{8}-[0-9]{6}[DI])?", "labels as pgbackrest info shows them", 34)
MOST_PROCESSES = 999
RESTORING, READY, DONE = "restoring", "ready", "done"
"""How far a restore came: not yet whole, whole and checked, in its place."""


class ServerRuns(Refused):
    """A server runs on the data that would be replaced."""


class NotOurData(Refused):
    """What lies there is not the data of the stanza's cluster."""


class OutOfReach(Refused):
    """The write-ahead log does not lead to the target."""


class NoRoom(Refused):
    """The disk cannot hold the restored data beside the old."""


class Unconfirmed(Refused):
    """Data would be replaced, and nobody typed the word."""


class RecoveryFailed(Failed):
    """The server on the restored data did not come up, or not at the target."""


class RestoreUnfit(Failed):
    """The restored data did not pass its checks."""


@dataclass(frozen=True)
class Source:
    """From what is restored, and with which programs. "" and 0 leave the choice to us; ``timeout`` is seconds."""

    place: Place
    backup: str = ""
    repository: int = 0
    timeline: int | None = None
    binaries: str = ""
    superuser: str = "postgres"
    processes: int = 0
    timeout: float = 14400.0

    def __post_init__(self) -> None:
        ROLE.check(self.superuser)
        if self.backup:
            LABEL.check(self.backup)
        if self.binaries:
            FILE.check(self.binaries)
        if not 0 <= self.repository <= 256 or not 0 <= self.processes <= MOST_PROCESSES:
            raise InvalidInput(f"repository must be 0 to 256 and processes 0 to {MOST_PROCESSES}; 0 is as configured")
        if self.timeline is not None and not 1 <= self.timeline < 2**31:
            raise InvalidInput(f"{self.timeline} is not a timeline: they count from 1")


@dataclass(frozen=True)
class Restoration:
    """What is wanted. ``data`` is "" for where the configuration says that the cluster is.

    ``reuse`` is kept data of an earlier restore that is used up for this one, or "".
    """

    source: Source
    aim: Target
    environment: str
    host: str
    data: str = ""
    checks: tuple[Check, ...] = ()
    reuse: str = ""
    confirm: str = ""
    directory: str = "/var/lib/mainstay"

    def __post_init__(self) -> None:
        NAME.check(self.environment)
        HOST.check(self.host)
        for path in (self.data, self.directory, self.reuse):
            if path:
                FILE.check(path)

    @property
    def word(self) -> str:
        """What somebody must type who replaces data."""
        return f"{self.environment} {self.host}"


@dataclass(frozen=True)
class Journal:
    """What a restore has done so far. ``inode`` is that of the restored directory, by which it is known under any name.

    ``reused`` is what it was told to use up, or "".
    ``old_checkpoint`` is the old data's last, ``checkpoint`` the new data's: where they moved on, a server ran since.
    """

    stamp: str
    stage: str
    aim: str
    backup: str
    beside: str
    before: str
    run: str
    inode: int = 0
    checkpoint: str = ""
    old_checkpoint: str = ""
    reused: str = ""


@dataclass(frozen=True)
class Data:
    """What lies where the data shall be. ``pid`` is that of a server that runs on it, or 0; ``checkpoint`` its last.

    ``links`` lead out of the directory, such as that of a log on another disk.
    """

    path: str
    is_there: bool = False
    is_empty: bool = True
    pid: int = 0
    system_id: int = 0
    checkpoint: str = ""
    inode: int = 0
    is_mount: bool = False
    tablespaces: int = 0
    links: int = 0
    is_standby: bool = False


@dataclass(frozen=True)
class Prospect:
    """What a recovery begins with, needs and will take. ``latest`` is the last moment within reach; to find all that out
    took ``looked_s`` seconds.

    ``point`` is where the restore point lies that is aimed at. Both are None where nobody knows. ``there`` is all of the log
    that was listed for it.
    """

    backup: Backup
    system_id: int
    version: str
    reach: Reach
    needed: Reach
    latest: float | None
    record: int
    room: Room
    forecast: Forecast | None
    point: int | None = None
    fork: Fork | None = None
    there: Archived = field(default_factory=Archived)
    looked_s: float = 0.0


@dataclass(frozen=True)
class Found:
    """Everything that the plan stands on. ``prospect`` is None where nothing more is to be restored.

    ``reuse`` is the kept data that is to be used up, None where none is asked for or it is not there.
    """

    data: Data
    configured: str
    stamp: str
    journal: Journal | None = None
    prospect: Prospect | None = None
    old: tuple[str, ...] = field(default=())
    reuse: Data | None = None
