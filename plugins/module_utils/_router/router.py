# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One router: what a switch needs from it, and HAProxy as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from . import haproxy, state_file
from .model import Found, Key, Mark, Server


class Router(Protocol):
    """What a switch needs; tests give one that lives in memory."""

    def servers(self) -> tuple[Server, ...]:
        """Every server of ours."""

    def put(self, marks: Iterable[tuple[Key, Mark]]) -> None:
        """Give servers their state and weight, in this order, all at once."""

    def sessions(self) -> Mapping[Key, int]:
        """How many sessions every server has."""

    def cut(self, servers: Iterable[Key]) -> None:
        """End all sessions of these servers."""

    def session_ids(self, servers: Collection[Key]) -> list[str]: ...

    def cut_sessions(self, ids: Iterable[str]) -> int:
        """End these sessions; returns how many there were, as one may have ended by itself meanwhile."""

    def save(self) -> None:
        """Make what is now survive a reload and a restart."""


@dataclass(frozen=True)
class Haproxy:
    """HAProxy on this host."""

    socket: str
    state_file: Path

    def found(self) -> Found:
        return Found(self.servers(), haproxy.backends(self.socket), state_file.read(self.state_file))

    def servers(self) -> tuple[Server, ...]:
        return haproxy.servers(self.socket)

    def put(self, marks: Iterable[tuple[Key, Mark]]) -> None:
        haproxy.send(self.socket, (command for key, mark in marks for command in haproxy.mark_commands(key, mark)))

    def sessions(self) -> Mapping[Key, int]:
        return haproxy.sessions(self.socket)

    def cut(self, servers: Iterable[Key]) -> None:
        haproxy.send(self.socket, map(haproxy.cut_command, servers))

    def session_ids(self, servers: Collection[Key]) -> list[str]:
        return haproxy.session_ids(self.socket, servers)

    def cut_sessions(self, ids: Iterable[str]) -> int:
        return haproxy.cut_sessions(self.socket, ids)

    def save(self) -> None:
        state_file.write(self.state_file, haproxy.servers_state(self.socket))
