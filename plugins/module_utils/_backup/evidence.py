# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a check of backups goes by: what was read, what it must be like, and what was found of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .._core.text import within
from .._core.verdict import Verdict
from .model import Backup, Cluster, Settings, Stanza
from .wal import SEGMENT_SIZE

DAY = 86400.0


@dataclass(frozen=True)
class Limits:
    """Ages are seconds, sizes bytes, the others shares. What guards can be made wide, and none can be turned off.

    ``archive_within`` is how long a whole segment may wait to be archived, ``wal_age`` after how long at most one is whole.
    """

    full_age: float = 8 * DAY
    backup_age: float = 26 * 3600.0
    wal_age: float = 300.0
    archive_within: float = 30.0
    least_size: int = 1024**2
    shrinks: float = 0.5
    least_fulls: int = 1
    least_free: float = 0.1
    encrypted: bool = True

    def __post_init__(self) -> None:
        within("full_age in seconds", self.full_age, 60, 400 * DAY)
        within("backup_age in seconds", self.backup_age, 60, 400 * DAY)
        within("wal_age in seconds", self.wal_age, 1, DAY)
        within("archive_within in seconds", self.archive_within, 1, 3600)
        within("least_size in bytes", self.least_size, 1, 2**60)
        within("shrinks", self.shrinks, 0.01, 1)
        within("least_fulls", self.least_fulls, 1, 10_000)
        within("least_free", self.least_free, 0.01, 0.9)


@dataclass(frozen=True)
class Waiting:
    """A file of the write-ahead log that waits to be archived, and for how many seconds it has."""

    name: str
    age: float


@dataclass(frozen=True)
class Server:
    """``current`` is the segment that is written now, "" where nobody could be asked, and so is ``mode``.

    ``archived`` is the newest segment that the server believes to be archived, "" for none that it remembers; ``timeout`` the
    seconds after which it ends a segment in which something was written, None where unknown.
    """

    cluster: Cluster
    waiting: tuple[Waiting, ...] = ()
    archived: str = ""
    current: str = ""
    mode: str = ""
    timeout: int | None = None
    segment_size: int = SEGMENT_SIZE


@dataclass(frozen=True)
class Contents:
    """What lies in a repository: bytes of each segment by name, bytes of each backup by label, and whose manifest is there.

    ``newest`` is when the last segment came, in seconds since the epoch; ``free`` and ``total`` are of its disk, None where it
    is on none of ours. ``trouble`` is why nothing is known of it.
    """

    segments: Mapping[str, int] = field(default_factory=dict)
    stored: Mapping[str, int] = field(default_factory=dict)
    manifests: frozenset[str] = frozenset()
    newest: int = 0
    free: int | None = None
    total: int | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Seen:
    """All that was read, at one moment. ``server`` is None where it could not be asked, which ``trouble`` explains.

    ``probe`` is "" where none was made or it went well, else what went wrong.
    """

    now: float
    settings: Settings
    stanza: Stanza
    contents: Mapping[int, Contents]
    server: Server | None = None
    trouble: str = ""
    probed: bool = False
    probe: str = ""

    def good(self, repository: int) -> tuple[Backup, ...]:
        """Backups of the cluster that the repository belongs to now, without wrong pages, oldest first."""
        current = self.stanza.identity(repository)
        return tuple(b for b in self.stanza.of(repository) if current and b.identity == current.id and not b.damaged)


@dataclass(frozen=True)
class Finding:
    """The verdict on one thing, in words and where it can be in a number; ``repository`` is 0 for the server."""

    check: str
    verdict: Verdict
    told: str
    repository: int = 0
    value: float | None = None
    limit: float | None = None


def finding(check: str, is_good: bool, told: str, repository: int = 0, **numbers: float | None) -> Finding:
    """A finding that is either good or bad."""
    return Finding(check, Verdict.PASS if is_good else Verdict.FAIL, told, repository, **numbers)


def unknown(check: str, told: str, repository: int = 0) -> Finding:
    """A finding of which too little is known."""
    return Finding(check, Verdict.INCONCLUSIVE, told, repository)
