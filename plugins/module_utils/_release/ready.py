# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks of services as an inventory describes them, and predicates over what was found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import IMAGE, NAME, choice, listed, rate, seconds, shown
from .model import KINDS, ROUTED, SLOTS, Fleet, Release, Spec

MOST_REPLICAS = 100
_KNOWN = {
    "kind", "image", "replicas", "max_replicas", "container_port", "ports", "health", "environment", "secrets",
    "drain_timeout", "stop_timeout", "memory", "cpus", "command", "route", "user", "read_only", "tmpfs", "pids_limit",
    "network", "volumes", "capabilities", "ulimits", "init", "spread", "jobs", "sticky", "testers",
    "drain_rate",
}  # fmt: skip
_NEEDED = {"kind", "image", "container_port", "ports"}


LEAVING = ("drain_timeout", "spread", "drain_rate")
"""Options that say how sessions leave."""


def check_services(services: Mapping[str, Any]) -> Mapping[str, Spec]:
    """Return the services if every one is well-formed and no two share a port; raises ``InvalidInput`` otherwise."""
    if not services:
        raise InvalidInput("mainstay_services is empty: describe at least one service, see docs/your-application.md")
    for name, service in services.items():
        NAME.check(name)
        _check_service(name, service)
    _check_ports(services)
    return services


def _check_service(name: str, service: Any) -> None:
    if not isinstance(service, Mapping):
        raise InvalidInput(f"service {name} must be a dictionary")
    unknown, missing = set(service) - _KNOWN, _NEEDED - set(service)
    if unknown:
        raise InvalidInput(f"service {name} has no option {listed(sorted(unknown))}: allowed are {listed(sorted(_KNOWN))}")
    if missing:
        raise InvalidInput(f"service {name} lacks {listed(sorted(missing))}")
    choice(service["kind"], dict.fromkeys(KINDS), f"kind of service {name}")
    IMAGE.check(service["image"])
    replicas(name, service)
    if not isinstance(service.get("health", {}), Mapping):
        raise InvalidInput(f"health of service {name} must be a dictionary, such as {{path: /health}}")
    seconds(service.get("health", {}).get("deadline", "60s"), noun=f"deadline of the health of service {name}")
    seconds(service.get("stop_timeout", "0s"), noun=f"stop_timeout of service {name}")
    _check_leaving(name, service)
    if "jobs" in service and (service["kind"] != "worker" or not isinstance(service["jobs"], Mapping)):
        raise InvalidInput(f"jobs of service {name} is for workers, and a dictionary such as {{done: shop_jobs_done_total}}")
    if set(service["ports"]) != set(SLOTS):
        raise InvalidInput(f"service {name} needs the first port of each slot: ports: {{blue: 21000, green: 22000}}")


def _check_leaving(name: str, service: Spec) -> None:
    """As haproxy_route checks it again, but before anything has changed."""
    timeout = seconds(service.get("drain_timeout", "30s"), noun=f"drain_timeout of service {name}")
    spread = seconds(service.get("spread", "0s"), noun=f"spread of service {name}")
    if spread > timeout:
        raise InvalidInput(f"service {name}: a spread of {spread:g} s does not fit in its drain_timeout, {timeout:g} s")
    if "drain_rate" in service:
        rate(service["drain_rate"], noun=f"drain_rate of service {name}")


def leaving_as(spec: Spec, today: Spec) -> Spec:
    """The service, whose sessions leave as the other description of it says."""
    kept = {option: value for option, value in spec.items() if option not in LEAVING}
    return {**kept, **{option: today[option] for option in LEAVING if option in today}}


def replicas(name: str, service: Spec) -> int:
    """Replicas on each host, 1 unless said otherwise."""
    return number(service.get("replicas", 1), f"replicas of service {name}", 1, MOST_REPLICAS)


def number(value: Any, noun: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,9}", str(value)) or not least <= int(value) <= most:
        raise InvalidInput(f"{shown(value)} is not a number of {noun}: allowed are {least} to {most}")
    return int(value)


def ports(name: str, service: Spec, slot: str) -> range:
    """The fixed host ports of a service in a slot: the first replica's, and those of the replicas that there may be."""
    first = number(service["ports"][slot], f"the first port of service {name}", 1024, 65535)
    if most(name, service) < replicas(name, service):
        raise InvalidInput(f"service {name} has more replicas than its max_replicas of {most(name, service)}")
    return range(first, first + most(name, service))


def most(name: str, service: Spec) -> int:
    """How many replicas on each host there may ever be; twice as many as there are, unless said otherwise."""
    return number(service.get("max_replicas", 2 * replicas(name, service)), f"max_replicas of service {name}", 1, MOST_REPLICAS)


def _check_ports(services: Mapping[str, Spec]) -> None:
    taken: dict[int, str] = {}
    for name, service in services.items():
        for slot in SLOTS:
            for port in ports(name, service, slot):
                if port in taken:
                    raise InvalidInput(f"port {port} is used by {taken[port]} and by {name} in slot {slot}: move one of them")
                taken[port] = f"{name} in slot {slot}"


def is_routed(service: Spec) -> bool:
    return service["kind"] in ROUTED


def rotation(fleet: Fleet) -> set[str]:
    """Slots to which some router sends traffic."""
    return {server["slot"] for servers in fleet.servers.values() for server in servers if server["in_rotation"]}


def running(service: str, release: Release, slot: str, there: Sequence[Mapping[str, Any]]) -> int:
    """Replicas of a service of the release that run in the slot on a host."""
    return sum((r["service"], r["release"], r["slot"], r["state"]) == (service, release.id, slot, "running") for r in there)


def serves(origin: Release, slot: str, there: Sequence[Mapping[str, Any]]) -> bool:
    """The host has something to send traffic to until its own batch; one that an interrupted run has replaced has not."""
    return all(running(name, origin, slot, there) for name, spec in origin.services.items() if is_routed(spec))


def has_replicas(release: Release, slot: str, there: Sequence[Mapping[str, Any]]) -> bool:
    """The host runs the release in the slot, in its size, and no other there."""
    up = [(r["service"], r["release"]) for r in there if r["slot"] == slot and r["state"] == "running"]
    wanted = [(name, release.id) for name, spec in release.services.items() for _replica in range(replicas(name, spec))]
    return sorted(up) == sorted(wanted)


def has_servers(release: Release, slot: str, hosts: Sequence[str], servers: Sequence[Mapping[str, Any]]) -> bool:
    """The router sends traffic to all replicas of the release in the slot, and to no others."""
    routed = sorted((s["service"], s["slot"], s["host"], int(s["n"])) for s in servers if s["in_rotation"])
    wanted = sorted(
        (name, slot, host, n)
        for name, spec in release.services.items()
        if is_routed(spec)
        for host in hosts
        for n in range(1, replicas(name, spec) + 1)
    )
    return routed == wanted


def services_in(fleet: Fleet, slot: str) -> tuple[str, ...]:
    """Services of which some host runs a replica in the slot."""
    up = {r["service"] for there in fleet.replicas.values() for r in there if r["slot"] == slot and r["state"] == "running"}
    return tuple(sorted(up))
