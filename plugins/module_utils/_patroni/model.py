# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of PostgreSQL that Patroni manages: what it says of itself, and what is wanted of it.

Failed
├── PatroniRefused          Patroni answered, and what it said is no
├── LoginRefused            the REST API does not let us change anything
└── LedElsewhere            another member than the wanted one leads afterwards
Refused
├── NoSingleLeader          not exactly one member leads, or not provably so
├── ClusterPaused           Patroni was told to leave the cluster alone
├── SwitchScheduled         Patroni is going to switch by itself at a time
├── NotFit                  no member, or not the named one, could take over without loss
└── Unconfirmed             a member's data would be thrown away, and nobody confirmed that
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.errors import Failed, Refused
from .._core.text import Grammar, within

MEMBER = Grammar(
    "name of a member",
    r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}",
    "1 to 128 letters, digits, dots, dashes and underscores, not beginning with a dot or a dash",
    128,
)
LEADERS = frozenset({"leader", "standby_leader"})
SYNCHRONOUS = frozenset({"sync_standby", "quorum_standby"})
UP = frozenset({"running", "streaming"})
"""How Patroni calls a member whose PostgreSQL runs: a replica that streams is ``running`` before version 3.1."""
MOST_LAG = 1 << 40


class PatroniRefused(Failed):
    """Patroni answered, and what it said is no."""


class LoginRefused(Failed):
    """The REST API does not let us change anything."""


class LedElsewhere(Failed):
    """Another member than the wanted one leads afterwards."""


class NoSingleLeader(Refused):
    """Not exactly one member leads, or not provably so."""


class ClusterPaused(Refused):
    """Patroni was told to leave the cluster alone."""


class SwitchScheduled(Refused):
    """Patroni is going to switch by itself at a time."""


class NotFit(Refused):
    """No member, or not the named one, could take over without loss."""


class Unconfirmed(Refused):
    """A member's data would be thrown away, and nobody confirmed that."""


@dataclass(frozen=True)
class Said:
    """What a member's own REST API says of it, now.

    Locations are bytes of WAL since its beginning: ``written`` of a primary, ``received`` and ``replayed`` of a replica.
    ``followers`` are the names of the servers that stream from it. ``started`` is when its PostgreSQL began, as a text.
    """

    state: str
    is_primary: bool
    timeline: int = 0
    written: int = 0
    received: int = 0
    replayed: int = 0
    followers: frozenset[str] = frozenset()
    is_streaming: bool = False
    is_paused: bool = False
    started: str = ""
    scope: str = ""
    system: str = ""
    version: str = ""


@dataclass(frozen=True)
class Member:
    """A member as the cluster has it written down, and what it says itself; None where its REST API does not answer."""

    name: str
    role: str
    state: str
    api_url: str
    host: str = ""
    port: int = 0
    timeline: int = 0
    tags: Mapping[str, Any] = field(default_factory=dict)
    pending_restart: bool = False
    said: Said | None = None

    @property
    def priority(self) -> int:
        """In the choice of a new leader, the higher the sooner; 0 for one that must not lead (Patroni's own two tags)."""
        given = self.tags.get("failover_priority", 1)
        priority = given if isinstance(given, int) else 1
        return 0 if self.tags.get("nofailover") is True else max(priority, 0)


@dataclass(frozen=True)
class Cluster:
    """All members in the order of their names; ``scheduled`` is when Patroni switches by itself, "" if it does not."""

    members: tuple[Member, ...]
    is_paused: bool = False
    scheduled: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_synchronous(self) -> bool:
        """Whether a commit waits for a replica; the setting is a word in newer versions."""
        return str(self.configuration.get("synchronous_mode", False)).lower() not in ("false", "off", "no", "0", "none")

    @property
    def scope(self) -> str:
        """The cluster's name, "" if no member told it."""
        return next((one.said.scope for one in self.members if one.said and one.said.scope), "")

    def member(self, name: str) -> Member | None:
        return next((one for one in self.members if one.name == name), None)


@dataclass(frozen=True)
class Switching:
    """Who shall lead, or "" for the fittest; only if ``leader`` leads now, where one is given. ``max_lag`` is bytes."""

    candidate: str = ""
    leader: str = ""
    max_lag: int = 1 << 20

    def __post_init__(self) -> None:
        for name in (self.candidate, self.leader):
            if name:
                MEMBER.check(name)
        within("max_lag in bytes", self.max_lag, 0, MOST_LAG)
