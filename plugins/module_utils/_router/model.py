# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What shall receive traffic, and what HAProxy says that receives it.

A server is named ``<host>-<slot>-<n>``. It is in rotation if its slot has weight, ``n`` is within the slot's count and its
host is among the slot's hosts. Servers with other names are somebody else's and never touched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .._core.errors import InvalidInput, Refused, TimedOut
from .._core.text import NAME, listed, shown

READY, DRAIN, MAINT = "ready", "drain", "maint"
SLOTS = ("blue", "green")
HEAVIEST = 256
MOST = 10_000
MOST_ROUTERS = 1000

_NAME = re.compile(r"(?P<host>.+)-(?P<slot>blue|green)-(?P<n>[1-9][0-9]{0,4})")


class ServerNotUp(TimedOut):
    """HAProxy's own check did not see a server up that was to get traffic; everything was put back."""


class NoServerLeft(Refused):
    """A service would be left without any server, and nobody said that it shall be."""


@dataclass(frozen=True)
class Slot:
    """The traffic of one slot: the weight of each server, replicas per host, and the hosts, None being all."""

    weight: int
    count: int = 0
    hosts: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", _whole(self.weight, "weight", HEAVIEST))
        object.__setattr__(self, "count", _whole(self.count, "count", MOST))

    def takes(self, host: str, n: int) -> bool:
        """Whether replica ``n`` on this host shall be in rotation."""
        return self.weight > 0 and n <= self.count and (self.hosts is None or host in self.hosts)


@dataclass(frozen=True)
class Service:
    """The traffic of one service; with ``routed`` false it is meant to have no server at all.

    All ``routers`` together cut no more than ``drain_rate`` sessions a second; 0 is as many as there are.
    """

    name: str
    backend: str
    slots: Mapping[str, Slot]
    routed: bool = True
    drain_timeout: float = 30.0
    spread: float = 0.0
    drain_rate: float = 0.0
    routers: int = 1

    def __post_init__(self) -> None:
        unknown = sorted(set(self.slots) - set(SLOTS))
        if unknown:
            raise InvalidInput(f"{self.name}: {shown(unknown[0])} is not a slot: choose {' or '.join(SLOTS)}")
        if self.spread > self.drain_timeout:
            raise InvalidInput(
                f"{self.name}: a spread of {self.spread:g} s does not fit in drain_timeout, {self.drain_timeout:g} s"
            )
        object.__setattr__(self, "routers", _whole(self.routers, "number of routers", MOST_ROUTERS, least=1))
        if not self.routed and any(slot.weight for slot in self.slots.values()):
            raise InvalidInput(f"{self.name}: state unrouted and a slot with weight contradict each other; leave one out")


@dataclass(frozen=True)
class Route:
    """The traffic of an application on one router."""

    application: str
    services: tuple[Service, ...]
    up_timeout: float = 30.0
    confirm: str = ""

    def __post_init__(self) -> None:
        for name in (self.application, *(service.name for service in self.services)):
            NAME.check(name)
        backends = [service.backend for service in self.services]
        twice = sorted({name for name in backends if backends.count(name) > 1})
        if twice:
            raise InvalidInput(f"two services share {listed(twice)}: each needs a backend of its own")


class Key(NamedTuple):
    """What HAProxy calls a server."""

    backend: str
    server: str

    def __str__(self) -> str:
        return f"{self.backend}/{self.server}"


@dataclass(frozen=True)
class Server:
    """One server as HAProxy sees it: ``health`` counts good checks from 0 to rise + fall - 1, being up from rise on."""

    key: Key
    host: str
    slot: str
    n: int
    state: str
    weight: int
    running: bool
    checked: bool = True
    health: int = 0
    rise: int = 0
    fall: int = 0
    check_status: str = ""
    sessions: int = 0


@dataclass(frozen=True)
class Mark:
    """What must survive a reload and a restart of one server."""

    state: str
    weight: int

    def __str__(self) -> str:
        return f"{self.state}, weight {self.weight}"


@dataclass(frozen=True)
class Found:
    """All servers of the router that follow our names, every backend it has, and the marks in the state file."""

    servers: tuple[Server, ...]
    backends: tuple[str, ...]
    saved: Mapping[Key, Mark] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What one server becomes; it belongs to the service."""

    service: Service
    server: Server
    after: Mark


def identity(name: str) -> tuple[str, str, int] | None:
    """Host, slot and number of a server of ours, None for any other."""
    match = _NAME.fullmatch(name)
    return (match["host"], match["slot"], int(match["n"])) if match else None


def mark(server: Server) -> Mark:
    """What of this server is to be kept."""
    return Mark(server.state, server.weight)


def _whole(value: object, noun: str, most: int, least: int = 0) -> int:
    text = "" if isinstance(value, bool) else str(value)
    if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
        raise InvalidInput(f"{shown(value)} is not a {noun}: allowed are whole numbers from {least} to {most}")
    return int(text)
