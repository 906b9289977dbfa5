# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stanza of pgBackRest: the repositories of one PostgreSQL cluster, and the backups and write-ahead log that lie in them.

LockHeld
└── StanzaBusy            another backup, or another command that keeps backups out, is at work on the stanza
Refused
├── WrongCluster          the server is stopped, a standby, or not the one that the stanza belongs to
└── KeepsTooLittle        the retention would leave nothing to restore
NotFound
└── StanzaMissing         the configuration or the repository does not know the stanza
Failed
├── PgBackRestFailed      pgBackRest ended with an error; says which
├── BackupNotProven       pgBackRest took a backup and then does not list it as a good one
└── BackupsUnsafe         a check found something that speaks against the backups
TimedOut
└── NothingProven         nothing speaks against the backups, but of something too little is known
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import Failed, LockHeld, NotFound, Refused, TimedOut
from .._core.text import Grammar

STANZA = Grammar(
    "stanza",
    r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,62}",
    "1 to 63 letters, digits, dots, dashes and underscores, not beginning with a dot or a dash",
    63,
)
FILE = Grammar(
    "path of a file",
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.+@\-]+)+",
    "a whole path of letters, digits and any of _ . + @ - without .. in it",
    500,
)
USER = Grammar("user", r"[a-z_][a-z0-9_\-]{0,31}", "1 to 32 lower-case letters, digits, dashes and underscores", 32)

NOTE = Grammar(
    "name of an annotation", r"[a-z][a-z0-9_\-]{0,62}", "1 to 63 lower-case letters, digits, dashes and underscores", 63
)
VALUE = Grammar("annotation", r"[ -~]{1,200}", "1 to 200 printable ASCII characters", 200)

FULL, DIFF, INCR = "full", "diff", "incr"
UNTOLD = -1
DIRECTORY = ("posix", "cifs")
"""Kinds of repositories that lie in a directory."""


class StanzaBusy(LockHeld):
    """Another backup, or another command that keeps backups out, is at work on the stanza."""


class WrongCluster(Refused):
    """The server is stopped, a standby, or not the one that the stanza belongs to."""


class KeepsTooLittle(Refused):
    """The retention would leave nothing to restore."""


class StanzaMissing(NotFound):
    """The configuration or the repository does not know the stanza."""


class PgBackRestFailed(Failed):
    """pgBackRest ended with an error."""


class BackupNotProven(Failed):
    """pgBackRest took a backup and then does not list it as a good one."""


class BackupsUnsafe(Failed):
    """A check found something that speaks against the backups."""


class NothingProven(TimedOut):
    """Nothing speaks against the backups, but of something too little is known."""


@dataclass(frozen=True)
class Place:
    """Whose backups, by which configuration, and as which user pgBackRest runs where we are root."""

    stanza: str
    config: str = "/etc/pgbackrest/pgbackrest.conf"
    user: str = "postgres"

    def __post_init__(self) -> None:
        STANZA.check(self.stanza)
        FILE.check(self.config)
        USER.check(self.user)


def noted(annotations: Mapping[Any, Any]) -> Mapping[str, str]:
    """Notes that pgBackRest keeps with a backup; raises ``InvalidInput``."""
    return {NOTE.check(name): VALUE.check(str(value)) for name, value in annotations.items()}


@dataclass(frozen=True)
class Storage:
    """A repository as the configuration has it. ``local`` where this host reads and writes it itself.

    ``fulls`` is how many full backups are kept, or for how many days with ``by_time``; None where nothing expires.
    ``archive`` is of how many backups the whole write-ahead log is kept, None for all; ``archive_kind`` which ones count.
    """

    number: int
    kind: str = "posix"
    path: str = "/var/lib/pgbackrest"
    cipher: str = "none"
    local: bool = True
    fulls: int | None = None
    by_time: bool = False
    archive: int | None = None
    archive_kind: str = FULL


@dataclass(frozen=True)
class Settings:
    """What of the configuration matters here. ``data`` is the cluster's directory, "" where it is on another host."""

    repositories: tuple[Storage, ...]
    data: str = ""
    socket: str = ""
    port: int = 5432
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Repository:
    """A repository as pgBackRest finds it; ``problem`` is "" where all is well, else pgBackRest's words for ``code``."""

    number: int
    cipher: str
    problem: str = ""
    code: int = 0


@dataclass(frozen=True)
class Identity:
    """A cluster that the repository has backups of; ``id`` counts up with each upgrade of the stanza."""

    repository: int
    id: int
    system_id: int
    version: str


@dataclass(frozen=True)
class Cluster:
    """The cluster of this host: who it is, and whether it runs as a primary, of which alone backups are taken here."""

    system_id: int
    version: str
    runs: bool
    standby: bool


@dataclass(frozen=True)
class Archive:
    """The first and the last segment of the write-ahead log in a repository, of one identity; ``name`` is its folder."""

    repository: int
    identity: int
    name: str
    oldest: str
    newest: str


@dataclass(frozen=True)
class Backup:
    """One backup in one repository; times are seconds since the epoch, sizes bytes.

    ``size`` is the whole database, ``copied`` what of it this backup copied, ``stored`` what of that lies in the repository.
    ``damaged`` is True where pages of the database had wrong checksums. ``wal`` and ``lsn`` are "" for an offline backup.
    """

    repository: int
    label: str
    kind: str
    identity: int
    start: int
    stop: int
    wal_start: str = ""
    wal_stop: str = ""
    lsn_start: str = ""
    lsn_stop: str = ""
    size: int = 0
    copied: int = 0
    stored: int = 0
    references: tuple[str, ...] = ()
    damaged: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        return max(1, self.stop - self.start)

    @property
    def rate(self) -> float:
        """Bytes of the database that were copied in a second."""
        return self.copied / self.seconds


@dataclass(frozen=True)
class Stanza:
    """All that ``pgbackrest info`` says; backups oldest first. ``busy`` while a backup or an expiration runs on this host."""

    name: str
    repositories: tuple[Repository, ...]
    backups: tuple[Backup, ...] = ()
    archives: tuple[Archive, ...] = ()
    identities: tuple[Identity, ...] = ()
    busy: bool = False

    def of(self, repository: int) -> tuple[Backup, ...]:
        """The backups in a repository, oldest first."""
        return tuple(backup for backup in self.backups if backup.repository == repository)

    def repository(self, number: int) -> Repository:
        """What pgBackRest says of a repository; one that it does not tell of is none that could be used."""
        found = [one for one in self.repositories if one.number == number]
        return found[0] if found else Repository(number, "none", "pgbackrest info does not tell of it", UNTOLD)

    def identity(self, repository: int) -> Identity | None:
        """The cluster that the repository takes backups of now, None before there was any."""
        found = [one for one in self.identities if one.repository == repository]
        return max(found, key=lambda one: one.id, default=None)

    def archive(self, repository: int) -> Archive | None:
        """The write-ahead log of that cluster, None where there is none."""
        now = self.identity(repository)
        found = [one for one in self.archives if now and (one.repository, one.identity) == (repository, now.id)]
        return found[-1] if found else None
