"""A router in memory, and a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._router.model import (
    DRAIN,
    MAINT,
    READY,
    Found,
    Key,
    Mark,
    Route,
    Server,
    Service,
    Slot,
    mark,
)

FULL: dict[str, Any] = {"health": 4, "rise": 2, "fall": 3, "running": True}


def server(name: str, state: str = MAINT, weight: int = 100, backend: str = "shop_api", **fields: Any) -> Server:
    host, slot, n = name.split("-")
    return replace(Server(Key(backend, name), host, slot, int(n), state, weight, state != MAINT), **fields)


def serving(name: str, weight: int = 100, **fields: Any) -> Server:
    """A server in rotation that is up."""
    return server(name, READY, weight, **{**FULL, "check_status": "L7OK", **fields})


def service(slots: Mapping[str, Slot], **fields: Any) -> Service:
    return replace(Service("api", "shop_api", slots, drain_timeout=10.0), **fields)


def route(slots: Mapping[str, Slot], confirm: str = "", **fields: Any) -> Route:
    return Route("shop", (service(slots, **fields),), up_timeout=5.0, confirm=confirm)


def found(*servers: Server, saved: Mapping[Key, Mark] | None = None) -> Found:
    """What the state file keeps is what runs, unless told otherwise."""
    return Found(servers, ("shop_api",), {s.key: mark(s) for s in servers} if saved is None else saved)


@dataclass
class JumpingClock:
    time: float = 0.0
    on_tick: Callable[[float], None] = lambda now: None

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.on_tick(self.time)


@dataclass
class FakeRouter:
    """Does what HAProxy does: a server that leaves maintenance is believed to be up, its check comes a look later.

    Sessions are called by their server and a number. ``written`` is every batch of marks in order, ``cuts`` who was cut when;
    ``leaves`` gives the moment at which a server's sessions end by themselves.
    """

    found: dict[Key, Server]
    clock: JumpingClock
    sick: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)
    leaves: dict[str, float] = field(default_factory=dict)
    written: list[list[tuple[str, Mark]]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    cuts: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.opened = {key: [f"{key.server}#{n}" for n in range(server.sessions)] for key, server in self.found.items()}

    def servers(self) -> tuple[Server, ...]:
        seen = tuple(self.found.values())
        self.found = {key: self._checked(server) for key, server in self.found.items()}
        return seen

    def _checked(self, server: Server) -> Server:
        if server.state == MAINT:
            return server
        if server.key.server in self.sick:
            return replace(server, running=False, health=0, check_status="L7STS")
        return replace(server, running=True, health=server.rise + server.fall - 1)

    def put(self, marks: Iterable[tuple[Key, Mark]]) -> None:
        batch = list(marks)
        self.written.append([(key.server, after) for key, after in batch])
        for key, after in batch:
            if key.server not in self.deaf:
                self._become(key, after)

    def _become(self, key: Key, after: Mark) -> None:
        old = self.found[key]
        belief: dict[str, Any] = {}
        if old.state == MAINT != after.state:
            belief = {"health": 2, "rise": 2, "fall": old.fall or 3, "running": True}
        self.found[key] = replace(old, state=after.state, weight=after.weight, **belief)

    def sessions(self) -> Mapping[Key, int]:
        return {key: len(self._open(key)) for key in self.found}

    def _open(self, key: Key) -> list[str]:
        return [] if self.clock.now() >= self.leaves.get(key.server, float("inf")) else self.opened[key]

    def cut(self, servers: Iterable[Key]) -> None:
        for key in servers:
            self.log.append(f"cut {key.server}")
            self.opened[key] = []

    def session_ids(self, servers: Collection[Key]) -> list[str]:
        return [one for key in servers for one in self._open(key)]

    def cut_sessions(self, ids: Iterable[str]) -> int:
        wanted = list(ids)
        self.cuts += [(self.clock.now(), one) for one in wanted]
        there = [one for one in wanted if one in self.opened[self._key(one)]]
        for one in there:
            self.opened[self._key(one)].remove(one)
        return len(there)

    def _key(self, session: str) -> Key:
        return next(key for key in self.found if key.server == session.partition("#")[0])

    def save(self) -> None:
        self.log.append("save")


def router(*servers: Server, **fields: Any) -> FakeRouter:
    return FakeRouter({server.key: server for server in servers}, JumpingClock(), **fields)


__all__ = ["DRAIN", "MAINT", "READY"]
