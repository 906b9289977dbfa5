# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of a host's configuration: what goes into one, what lies on the shelf, and what is brought back.

Refused
├── OthersThere          what is to be brought back would lie upon something that is not of the archive
└── LeadsOutside         the way to a file goes through a symbolic link, so it would be written elsewhere
Corrupt
└── ArchiveDamaged       an archive is not what was archived
Failed
├── KeepsChanging        a file was written each time that it was read
└── SealFailed           age could not encrypt or decrypt; says why
    └── WrongKey         the archive is not encrypted for this identity
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .._bucket.model import PREFIX, Bucket
from .._core.errors import Corrupt, Failed, InvalidInput, Refused
from .._core.text import NAME, Grammar, within

HOST = Grammar(
    "name of a host",
    r"[A-Za-z0-9][A-Za-z0-9.\-]{0,99}",
    "1 to 100 letters, digits, dots and dashes, not beginning with a dot or a dash",
    100,
)
PATH = Grammar(
    "path",
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.+@:%,=~\-]+)+",
    "a whole path of letters, digits and any of _ . + @ : % , = ~ - without .. in it",
    500,
)
PATTERN = Grammar(
    "path or pattern of paths",
    r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.+@:%,=~*?\[\]\-]+)+",
    "a whole path, in which * ? and [] may stand for parts of a name, without .. in it",
    500,
)
ENTRY = Grammar(
    "path of an archive",
    r"(/(?!\.{1,2}(/|$))[^/\x00-\x1f\x7f]+)+",
    "a whole path without .. and without control characters",
    4000,
)
RECIPIENT = Grammar("recipient of age", r"age1[02-9ac-hj-np-z]{58}", "what age-keygen calls the public key: age1 and 58 more", 62)
STAMP = "%Y%m%d_%H%M%S"
ENDING = ".tar.gz.age"
IDENTITY = r"AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}"
LONGEST_IDENTITY = 10_000
DAY = 86400.0
MIB = 1024 * 1024
LATEST = "latest"
FILE, DIRECTORY, LINK = "file", "directory", "link"


class OthersThere(Refused):
    """What is to be brought back would lie upon something that is not of the archive."""


class LeadsOutside(Refused):
    """The way to a file goes through a symbolic link, so it would be written elsewhere."""


class ArchiveDamaged(Corrupt):
    """An archive is not what was archived."""


class KeepsChanging(Failed):
    """A file was written each time that it was read."""


class SealFailed(Failed):
    """age could not encrypt or decrypt."""


class WrongKey(SealFailed):
    """The archive is not encrypted for this identity."""


@dataclass(frozen=True)
class Entry:
    """One line of a manifest: a file, a directory or a symbolic link, which points to ``target``."""

    path: str
    kind: str
    mode: int
    owner: str
    group: str
    size: int = 0
    sha256: str = ""
    target: str = ""


@dataclass(frozen=True)
class Tree:
    """Entries in the order of their paths, and the bytes of the files among them by path."""

    entries: tuple[Entry, ...] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Note:
    """What lies beside an archive in the clear. ``sha256`` is of the encrypted file; ``content`` is that of its manifest, and
    stays on the host, because with it one could try what a short secret is.
    """

    file: str
    name: str
    when: str
    bytes: int
    sha256: str
    files: int
    recipients: tuple[str, ...]
    content: str = ""

    @property
    def stamp(self) -> str:
        return self.file.removesuffix(ENDING)[-15:]


@dataclass(frozen=True)
class Shelf:
    """Archives of one name, oldest first. ``damaged`` are files that are not what their note says, or have none."""

    archives: tuple[Note, ...] = ()
    damaged: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    free: int = 0
    exists: bool = True


@dataclass(frozen=True)
class Place:
    """A bucket, and what the keys of its archives begin with."""

    bucket: Bucket
    prefix: str = ""

    def __post_init__(self) -> None:
        PREFIX.check(self.prefix)

    def key(self, file: str) -> str:
        return f"{self.prefix}{file}"


@dataclass(frozen=True)
class Archive:
    """What is to be archived, for whom and where to. ``keep`` is seconds, ``most`` bytes in all."""

    name: str
    recipients: tuple[str, ...]
    dest: str
    paths: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    keep: float = 90 * DAY
    most: int = 64 * MIB
    place: Place | None = None
    expire_copies: bool = True

    def __post_init__(self) -> None:
        HOST.check(self.name)
        PATH.check(self.dest)
        for recipient in self.recipients:
            RECIPIENT.check(recipient)
        if not 1 <= len(self.recipients) <= 20:
            raise InvalidInput("an archive is for 1 to 20 recipients: give the public key of each who may read it")
        for path in (*self.paths, *self.optional, *self.exclude):
            PATTERN.check(path)
        if not self.paths and not self.optional:
            raise InvalidInput("nothing is named that could be archived: give paths or optional_paths")
        within("keep in seconds", self.keep, DAY, 3650 * DAY)
        within("most_bytes", self.most, 1, 1024 * MIB)


@dataclass(frozen=True)
class Source:
    """Where archives of one name lie: in a directory or in a bucket."""

    name: str
    dest: str = ""
    place: Place | None = None

    def __post_init__(self) -> None:
        HOST.check(self.name)
        if self.dest:
            PATH.check(self.dest)
        if bool(self.dest) == bool(self.place):
            raise InvalidInput("archives are read from a directory or from a bucket: give either dest or bucket")


@dataclass(frozen=True)
class Restore:
    """Which archive is brought back: below ``to``, or over the originals, which are kept below ``kept``; or just compared."""

    source: Source
    identity: str = field(repr=False)
    archive: str = LATEST
    paths: tuple[str, ...] = ()
    to: str = ""
    replace: bool = False
    kept: str = "/var/lib/mainstay/replaced"
    environment: str = ""
    confirm: str = ""
    most: int = 64 * MIB

    def __post_init__(self) -> None:
        for path in (self.kept, *([self.to] if self.to else [])):
            PATH.check(path)
        for path in self.paths:
            ENTRY.check(path)
        if self.archive != LATEST:
            ARCHIVE.check(self.archive)
        if self.to and self.replace:
            raise InvalidInput("an archive is brought back beside or over the originals: give either to or replace")
        within("most_bytes", self.most, 1, 1024 * MIB)
        if self.replace:
            NAME.check(self.environment)
        _demand_identity(self.identity)

    @property
    def word(self) -> str:
        return f"{self.environment} {self.source.name}"

    def where(self, path: str) -> str:
        return f"{self.to}{path}"


ARCHIVE = Grammar(
    "name of an archive",
    rf"{HOST.pattern}_[0-9]{{8}}_[0-9]{{6}}{re.escape(ENDING)}",
    f"a host, a date and an ending, such as db1_20261122_034000{ENDING}",
    140,
)


def _demand_identity(text: str) -> None:
    """The value is a secret, so no part of it is said."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(text) > LONGEST_IDENTITY or not lines or not all(re.fullmatch(IDENTITY, line) for line in lines):
        raise InvalidInput("identity is not what age-keygen writes: lines that begin with AGE-SECRET-KEY-1, and comments")
