# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots of Elasticsearch and OpenSearch: where they are kept, what they are, what is restored.

Failed
├── ServerRefused           the server answered, and what it said is no
├── SnapshotNotGood         a snapshot ended otherwise than SUCCESS: with shards missing it is none
├── DocumentsMissing        a restored index has fewer documents than were counted
└── SnapshotTooOld          the newest good snapshot is missing, or older than was asked for
Refused
├── StillHolds              a registration that goes, or moves, hides snapshots
├── TargetExists            an index of the name under which is restored is there already
├── AliasIsIndex            what shall become an alias is an index
├── StillUsed               an index that shall go has an alias, or was just restored
└── Unconfirmed             what users see would be replaced, or an index deleted
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import Failed, InvalidInput, Refused
from .._core.text import Grammar

REPOSITORY = Grammar(
    "name of a snapshot repository",
    r"[A-Za-z0-9][A-Za-z0-9._\-]{0,99}",
    "1 to 100 letters, digits, dots, dashes and underscores, beginning with a letter or a digit",
    100,
)
SNAPSHOT = Grammar(
    "name of a snapshot",
    r"[a-z0-9][a-z0-9._\-]{0,199}",
    "1 to 200 lower-case letters, digits, dots, dashes and underscores, beginning with a letter or a digit",
    200,
)
PREFIX = Grammar("prefix of snapshots", r"[a-z0-9][a-z0-9._\-]{0,99}", SNAPSHOT.allowed.replace("200", "100"), 100)
SUFFIX = Grammar(
    "suffix of restored indices", r"[a-z0-9._\-]{1,100}", "1 to 100 lower-case letters, digits, dots, dashes and underscores", 100
)
_FIRST, _LATER = r"[a-z0-9.!$%&'()=@;\[\]^`{}~]", r"[a-z0-9.!$%&'()=@;\[\]^`{}~_+\-]"
_ALLOWED = (
    '1 to 255 signs of ASCII without capitals, spaces and any of \\ / * ? " < > | , # :, not beginning with -, _ or +, and '
    "not . or .."
)
INDEX = Grammar("name of an index", rf"(?!\.\.?\Z){_FIRST}{_LATER}{{0,254}}", _ALLOWED, 255)
PATTERN = Grammar("name or pattern of indices", rf"(?!\.\.?\Z)(?:{_FIRST}|\*)(?:{_LATER}|\*){{0,254}}", f"* and {_ALLOWED}", 255)
ALIAS = Grammar("name of an alias", INDEX.pattern, _ALLOWED, 255)
STAMP = r"[0-9]{8}-[0-9]{6}z"
GOOD = "SUCCESS"
RUNNING = frozenset({"INIT", "STARTED", "IN_PROGRESS"})
"""What servers call a snapshot that is being taken: their pages say IN_PROGRESS, and what tells the status mostly STARTED."""
LONGEST_SETTING = 1000
SECRETS = re.compile(r"(access|secret)_?key|password|token|credential", re.IGNORECASE)


class ServerRefused(Failed):
    """The server answered, and what it said is no."""


class SnapshotNotGood(Failed):
    """A snapshot ended otherwise than SUCCESS."""


class DocumentsMissing(Failed):
    """A restored index has fewer documents than were counted when the snapshot began."""


class SnapshotTooOld(Failed):
    """The newest good snapshot is missing, or older than was asked for."""


class StillHolds(Refused):
    """A registration that goes, or moves, would hide snapshots."""


class TargetExists(Refused):
    """An index of the name under which is restored is there already, and not from this snapshot."""


class AliasIsIndex(Refused):
    """What shall become an alias is an index."""


class StillUsed(Refused):
    """An index that shall go has an alias, or was just restored."""


class Unconfirmed(Refused):
    """What users see would be replaced, or an index deleted, and nobody confirmed that."""


@dataclass(frozen=True)
class Repository:
    """A registration: the type and the settings, whose values the server keeps as texts."""

    name: str
    type: str
    settings: Mapping[str, str]

    @property
    def shown(self) -> str:
        return f"{self.type} {', '.join(f'{key}={value}' for key, value in sorted(self.settings.items()))}"


@dataclass(frozen=True)
class Failure:
    """A shard that is not in a snapshot, and why."""

    index: str
    shard: int
    reason: str

    @property
    def shown(self) -> str:
        return f"shard {self.shard} of {self.index}: {self.reason[:200]}"


@dataclass(frozen=True)
class Snapshot:
    """A snapshot as its repository has it; ``begun`` and ``ended`` are seconds since the epoch, 0 if they are not known.

    ``documents`` is what we counted in each index when we took it.
    """

    name: str
    state: str
    indices: tuple[str, ...] = ()
    begun: float = 0.0
    ended: float = 0.0
    shards: int = 0
    failures: tuple[Failure, ...] = ()
    documents: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """The indices of a cluster with their attributes, such as ``open``, and its aliases with the indices they lead to."""

    indices: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    streams: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retention:
    """Good snapshots stay while they are among the newest ``keep``, or younger than ``seconds``; others while they are."""

    keep: int
    seconds: float

    def __post_init__(self) -> None:
        if not 1 <= self.keep <= 10_000:
            raise InvalidInput(f"keep is {self.keep}: allowed are 1 to 10000, because the last good snapshot never goes")


@dataclass(frozen=True)
class Taking:
    """What a snapshot shall hold, and which ones go after it. One that began less than ``fresh`` seconds ago serves as well."""

    repository: str
    prefix: str
    indices: tuple[str, ...]
    retention: Retention
    fresh: float = 0.0
    global_state: bool = False

    def __post_init__(self) -> None:
        REPOSITORY.check(self.repository)
        PREFIX.check(self.prefix)
        for name in self.indices:
            PATTERN.check(name)
        if not self.indices:
            raise InvalidInput("indices is empty: name what the snapshot shall hold, * for all that is not hidden")


@dataclass(frozen=True)
class Restoring:
    """Which snapshot comes back under which names: ``snapshot``, or the newest good one of ``prefix``."""

    repository: str
    snapshot: str = ""
    prefix: str = ""
    indices: tuple[str, ...] = ("*",)
    suffix: str = "-restored"
    alias: str = ""
    drop: tuple[str, ...] = ()
    confirm: str = ""
    shrinkage: float = 0.05
    ignore_settings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        REPOSITORY.check(self.repository)
        SUFFIX.check(self.suffix)
        for grammar, name in ((SNAPSHOT, self.snapshot), (PREFIX, self.prefix), (ALIAS, self.alias)):
            if name:
                grammar.check(name)
        for name in self.indices:
            PATTERN.check(name)
        for name in self.drop:
            INDEX.check(name)
        if not 0 <= self.shrinkage <= 1:
            raise InvalidInput(f"shrinkage is {self.shrinkage:g}: allowed are 0 to 1, a share of the documents of an index")


@dataclass(frozen=True)
class Restored:
    """An index of a snapshot and the name under which it comes back; ``there`` where it has come back already."""

    source: str
    target: str
    there: bool = False


@dataclass(frozen=True)
class Swap:
    """One call that leads an alias elsewhere: what it leaves, and what it leads to with which properties."""

    alias: str
    leaves: tuple[str, ...]
    leads: Mapping[str, Mapping[str, Any]]
