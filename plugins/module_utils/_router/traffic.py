# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The traffic of an application, told by service, slot and host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .model import SLOTS, Server
from .ready import is_in_rotation, serves


def told(application: str, servers: Iterable[Server], only: Sequence[str] = ()) -> dict[str, Any]:
    """Every service of the application that the router knows, or only those that are named."""
    prefix = f"{application}_"
    groups: dict[str, list[Server]] = {}
    for server in servers:
        if server.key.backend.startswith(prefix):
            groups.setdefault(server.key.backend.removeprefix(prefix), []).append(server)
    return {name: _service(group) for name, group in groups.items() if not only or name in only}


def row(server: Server) -> dict[str, Any]:
    """One server as people and roles read it."""
    return {
        "server": server.key.server,
        "host": server.host,
        "slot": server.slot,
        "n": server.n,
        "state": server.state,
        "weight": server.weight,
        "up": server.running,
        "check_status": server.check_status,
        "sessions": server.sessions,
    }


def _service(servers: list[Server]) -> dict[str, Any]:
    total = sum(server.weight for server in servers if serves(server))
    slots = {slot: _slot([server for server in servers if server.slot == slot], total) for slot in SLOTS}
    return {
        "backend": servers[0].key.backend,
        "live": [slot for slot, told_slot in slots.items() if told_slot["in_rotation"]],
        "slots": slots,
        "servers": [row(server) for server in servers],
    }


def _slot(servers: list[Server], total: int) -> dict[str, Any]:
    rotating = [server for server in servers if is_in_rotation(server)]
    heavy = sum(server.weight for server in rotating if server.running)
    return {
        "in_rotation": len(rotating),
        "up": sum(server.running for server in rotating),
        "weight": max((server.weight for server in rotating), default=0),
        "share": round(heavy / total, 4) if total else 0.0,
        "sessions": sum(server.sessions for server in servers),
        "hosts": _hosts(servers),
    }


def _hosts(servers: list[Server]) -> Mapping[str, Any]:
    told_hosts: dict[str, dict[str, int]] = {}
    for server in servers:
        host = told_hosts.setdefault(server.host, {"in_rotation": 0, "up": 0, "sessions": 0})
        host["in_rotation"] += is_in_rotation(server)
        host["up"] += serves(server)
        host["sessions"] += server.sessions
    return told_hosts
