# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replicas of the services of a release in a slot of this host: wanted and found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .._core.errors import Failed, InvalidInput
from .._core.text import DIGEST, NAME, shown

RUNNING, RETIRED, ABSENT = "running", "retired", "absent"
LABEL = "ops.mainstay."
MOST = 100


class ReplicaNotHealthy(Failed):
    """A replica runs, but did not give enough right answers in time."""


class ReplicaCrashed(Failed):
    """A replica ended, or was started again by the engine, while it was to become healthy."""


class NameTaken(Failed):
    """A container has the name of a replica, but is none of ours."""


@dataclass(frozen=True)
class Health:
    """When a replica is healthy: this many right answers in a row, asked at this interval, within the deadline (seconds)."""

    path: str = "/health"
    healthy: int = 3
    interval: float = 0.2
    timeout: float = 2.0
    deadline: float = 60.0
    status: tuple[int, ...] = (200,)
    json: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A service of the release on this host; memory in Docker's notation, ``tmpfs`` maps paths to mount options."""

    name: str
    image: str
    count: int
    container_port: int
    first_port: int
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    memory: str = ""
    cpus: float = 0.0
    stop_timeout: float = 10.0
    health: Health = field(default_factory=Health)
    read_only: bool = True
    tmpfs: Mapping[str, str] = field(default_factory=lambda: {"/tmp": "size=64m"})  # noqa: S108  # inside the container
    user: str = ""
    pids_limit: int = 512
    network: str = ""
    volumes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        NAME.check(self.name)
        if not 0 <= self.count <= MOST:
            raise InvalidInput(f"{self.count} replicas of {self.name} are not sensible: allowed are 0 to {MOST}")
        repository, _, digest = self.image.partition("@")
        if not repository:
            raise InvalidInput(f"{self.name} needs an image")
        DIGEST.check(digest)
        if any(volume.startswith(("/", ".")) for volume in self.volumes):
            raise InvalidInput(f"{self.name}: allowed are named volumes such as data:/var/lib/data, no paths of the host")
        if self.network == "host":
            raise InvalidInput(f"{self.name}: the host's own network is not allowed, replicas have fixed ports")

    def configuration(self, secrets_fingerprint: str) -> str:
        """Hash of all that makes a container, but not of how many there are."""
        facts = {key: value for key, value in asdict(self).items() if key not in ("count", "health")}
        return hashlib.sha256(json.dumps([facts, secrets_fingerprint], sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Wanted:
    """What is to run, or to run no longer, in a slot."""

    environment: str
    application: str
    slot: str
    state: str
    services: tuple[Service, ...] = ()
    release: str = ""
    version: str = ""
    names: tuple[str, ...] = ()
    secrets_fingerprint: str = ""
    bind_address: str = "0.0.0.0"  # noqa: S104  # routers reach the replicas over the network

    def __post_init__(self) -> None:
        for name in (self.environment, self.application, *self.names):
            NAME.check(name)
        if self.slot not in ("blue", "green"):
            raise InvalidInput(f"{shown(self.slot)} is not a slot: choose blue or green")

    def container(self, service: str, number: int) -> str:
        return f"{self.application}-{service}-{self.slot}-{number}"


@dataclass(frozen=True)
class Replica:
    """A container of ours as the engine knows it; ``restarts`` says whether the engine starts it again by itself."""

    id: str
    name: str
    service: str
    slot: str
    number: int
    release: str
    version: str
    configuration: str
    port: int
    state: str
    restarts: bool = True
    created: int = 0

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Found:
    """Our replicas in all slots, and the images that this host has of those that are wanted."""

    replicas: tuple[Replica, ...] = ()
    images: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Creation:
    """A replica that is to be created."""

    service: Service
    number: int
    name: str
    labels: Mapping[str, str]

    @property
    def port(self) -> int:
        return self.service.first_port + self.number - 1
