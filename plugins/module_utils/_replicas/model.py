# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The replicas that are wanted on this host, and those that were found.

A replica is a container of a service in a slot, numbered from 1, named ``<application>-<service>-<slot>-<n>``. Its labels
say whose it is; a container without them is somebody else's and never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._core.errors import Failed, Refused, TimedOut

SLOTS = ("blue", "green")
KEEP, STAY_DOWN = "unless-stopped", "no"
"""Restart policies: of a replica that serves, and of one that was retired."""
UP = frozenset({"running", "restarting", "paused"})
SOCKET = "/var/run/docker.sock"
LABEL = "ops.mainstay."
EVERYWHERE = "0.0.0.0"  # noqa: S104  (routers are on other hosts)


class ReplicaNotHealthy(TimedOut):
    """A replica runs, but did not give enough right answers in a row before its deadline."""


class ReplicaCrashed(Failed):
    """A replica ended while its health was waited for."""


class ReplicaEnding(Failed):
    """A container ends at the very moment in which it is to be changed, and cannot be until it has."""


class PortTaken(Failed):
    """Somebody else listens on the port that a replica needs."""


class NameTaken(Refused):
    """A container that is not ours has the name that a replica needs."""


class PullRefused(Failed):
    """The registry does not let this host have the image."""


class Engine(Protocol):
    """What is asked of the Docker Engine; every answer is the Engine's own JSON."""

    def listed(self, labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]: ...
    def inspected(self, container: str) -> dict[str, Any]: ...
    def has_image(self, reference: str) -> bool: ...
    def pull(self, reference: str, credentials: Mapping[str, str]) -> None: ...
    def create(self, name: str, body: Mapping[str, Any]) -> str: ...
    def start(self, container: str) -> None: ...
    def rearm(self, container: str, policy: str) -> None: ...
    def stop(self, container: str, timeout: int) -> None: ...
    def remove(self, container: str) -> None: ...
    def logs(self, container: str, lines: int) -> bytes: ...


@dataclass(frozen=True)
class Scope:
    """What makes a container ours."""

    environment: str
    application: str

    @property
    def labels(self) -> dict[str, str]:
        return {f"{LABEL}environment": self.environment, f"{LABEL}application": self.application}


@dataclass(frozen=True)
class Health:
    """How a replica proves that it is well; times are seconds. ``version`` is "" where none is expected."""

    path: str = "/health"
    status: tuple[int, ...] = (200,)
    json: Mapping[str, Any] = field(default_factory=dict)
    healthy: int = 2
    interval: float = 0.25
    timeout: float = 2.0
    deadline: float = 60.0
    version: str = ""


@dataclass(frozen=True)
class Container:
    """A wanted replica. ``body`` is all that the Engine needs to create it, but for the secret values in ``secrets``."""

    name: str
    service: str
    number: int
    port: int
    image: str
    release: str
    config: str
    body: Mapping[str, Any]
    health: Health = field(default_factory=Health)
    bind_address: str = EVERYWHERE
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def address(self) -> str:
        """Where this host itself reaches the port."""
        return "127.0.0.1" if self.bind_address == EVERYWHERE else self.bind_address


@dataclass(frozen=True)
class Replica:
    """A container of ours as found; ``started_at`` is seconds since the epoch, 0 if it never ran."""

    name: str
    id: str
    service: str
    slot: str
    number: int
    release: str
    version: str
    config: str
    image: str
    state: str
    policy: str
    ports: tuple[int, ...] = ()
    started_at: float = 0.0
    restarts: int = 0
    exit_code: int = 0
    oom_killed: bool = False
    stop_timeout: int = 10


@dataclass(frozen=True)
class Holder:
    """Who has a port of this host: a container, or "" for a process that is none."""

    port: int
    container: str = ""


@dataclass(frozen=True)
class Found:
    """What is on this host; ``strangers`` are names of containers that are not ours, ``well`` those that answered rightly."""

    replicas: tuple[Replica, ...] = ()
    strangers: frozenset[str] = frozenset()
    holders: tuple[Holder, ...] = ()
    images: frozenset[str] = frozenset()
    well: frozenset[str] = frozenset()
    now: float = 0.0


@dataclass(frozen=True)
class Wanted:
    """These replicas shall run in the slot, and none but these of the services.

    ``keep_running`` leaves a replica of the release that runs as it is, though it would be made otherwise today;
    ``keep_surplus`` leaves those of the release that are too many.
    """

    scope: Scope
    slot: str
    services: tuple[str, ...]
    containers: tuple[Container, ...]
    keep_running: bool = False
    keep_surplus: bool = False


@dataclass(frozen=True)
class Retired:
    """No replica of these services shall run in the slot; with ``remove`` none shall be left. Timeouts by service, in seconds.

    With ``last_words`` it is told what they wrote last, without these ``secrets``.
    """

    scope: Scope
    slot: str
    services: tuple[str, ...]
    timeouts: Mapping[str, int] = field(default_factory=dict)
    remove: bool = False
    last_words: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)
