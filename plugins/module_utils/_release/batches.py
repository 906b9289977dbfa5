# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps of a strategy as data: who starts, what is routed where, what is asked whether it is well."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._core.errors import InvalidInput
from .._core.text import seconds, shown
from .model import Release, Spec
from .ready import LEAVING, is_routed, ports, replicas

IN_ROTATION = 100
PULL = 60.0
"""Seconds for a large image, and for what Ansible itself takes."""
PAGE = "/metrics"
"""Where a worker tells what it does, unless said otherwise."""
NOT_OF_A_CONTAINER = frozenset(
    {
        "kind", "image", "ports", "route", "drain_timeout", "max_replicas", "secrets", "replicas", "spread", "jobs", "sticky",
        "testers", "drain_rate",
    }
)  # fmt: skip
"""Options of a service that routers and the judge know."""
Route = dict[str, dict[str, Any]]
Endpoint = dict[str, Any]


def split(hosts: Sequence[str], size: str) -> list[list[str]]:
    """Hosts in batches of a size such as ``1`` or ``25%``; a part of a host is rounded up."""
    match = re.fullmatch(r"([0-9]{1,4})(%?)", size)
    if not match or int(match[1]) < 1:
        raise InvalidInput(f"{shown(size)} is not a batch size: allowed are a number of hosts from 1, or a share such as 25%")
    each = max(1, math.ceil(len(hosts) * min(int(match[1]), 100) / 100)) if match[2] else int(match[1])
    return [list(hosts[i : i + each]) for i in range(0, len(hosts), each)]


def evenly(servers: Mapping[str, int]) -> dict[str, int]:
    """Every server takes the same, whichever slot it is in."""
    return dict.fromkeys(servers, IN_ROTATION)


def route(
    services: Mapping[str, Spec],
    counts: Mapping[str, Mapping[str, int]],
    slots: Mapping[str, Sequence[str]],
    routers: int,
    weigh: Callable[[Mapping[str, int]], Mapping[str, int]] = evenly,
) -> Route:
    """What haproxy_route is to do on each of the routers: of every routed service, the hosts on which each slot is in rotation.

    ``weigh`` gives the weight of each server by slot, of how many servers each slot has.
    """
    routed = {name: spec for name, spec in services.items() if is_routed(spec)}
    return {name: {**_traffic(spec, counts[name], slots, weigh), **_leaving(spec, routers)} for name, spec in routed.items()}


def _leaving(spec: Spec, routers: int) -> dict[str, Any]:
    """How sessions leave; all routers drain at the same time, so each must know how many share the rate."""
    shared = {"routers": max(1, routers)} if "drain_rate" in spec else {}
    return {**{option: spec[option] for option in LEAVING if option in spec}, **shared}


def _traffic(
    spec: Spec,
    counts: Mapping[str, int],
    slots: Mapping[str, Sequence[str]],
    weigh: Callable[[Mapping[str, int]], Mapping[str, int]],
) -> dict[str, Any]:
    weights = weigh({slot: counts.get(slot, 0) * len(hosts) for slot, hosts in slots.items()})
    shares = {slot: _share(counts.get(slot, 0), hosts, weights[slot]) for slot, hosts in slots.items()}
    routed = any(share["weight"] for share in shares.values())
    return {"state": "routed" if routed else "unrouted", "slots": shares}


def _share(count: int, hosts: Sequence[str], weight: int) -> dict[str, Any]:
    return {"weight": weight if hosts and count else 0, "count": count, "hosts": list(hosts)}


def longest(releases: Sequence[Release]) -> float:
    """Seconds that may pass from one verdict to the next: to pull and start, to drain, to stop, as the services say."""
    waits = {"drain_timeout": "30s", "stop_timeout": "10s"}
    specs = [spec for release in releases for spec in release.services.values()]
    each = [max(seconds(spec.get(option, usual), noun=option) for spec in specs) for option, usual in waits.items()]
    well = max(seconds(spec.get("health", {}).get("deadline", "60s"), noun="deadline") for spec in specs)
    return PULL + sum(each) + well


def started(release: Release, slot: str) -> dict[str, Any]:
    """What docker_replicas starts of a release in a slot, without the secrets."""
    return {name: _container(name, spec, release.images[name], slot) for name, spec in release.services.items()}


def _container(name: str, spec: Spec, image: str, slot: str) -> dict[str, Any]:
    kept = {key: value for key, value in spec.items() if key not in NOT_OF_A_CONTAINER}
    return {**kept, "image": image, "count": replicas(name, spec), "first_port": ports(name, spec, slot)[0]}


def endpoints(release: Release, slot: str, addresses: Mapping[str, str]) -> list[Endpoint]:
    """The health of every replica of the release on these hosts, asked directly, with the version it must have."""
    return [
        _endpoint(f"{service} {number} on {host}", f"http://{address}:{port}", release, spec)
        for host, address in addresses.items()
        for service, spec in release.services.items()
        for number, port in enumerate(ports(service, spec, slot)[: replicas(service, spec)], 1)
    ]


def proofs(release: Release, slot: str, addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    """What workers have to show, of every service that says so, as worker_check takes it."""
    return [
        {
            **{key: value for key, value in spec["jobs"].items() if key != "page"},
            "workers": [
                {"name": f"{service} {number} on {host}", "url": f"http://{address}:{port}{spec['jobs'].get('page', PAGE)}"}
                for host, address in addresses.items()
                for number, port in enumerate(ports(service, spec, slot)[: replicas(service, spec)], 1)
            ],
        }
        for service, spec in release.services.items()
        if spec.get("jobs")
    ]


def entrances(release: Release, routers: Mapping[str, str]) -> list[Endpoint]:
    """The health of the default web service as users reach it, through every router."""
    return [
        _endpoint(f"{service} through {router}", address, release, spec)
        for router, address in routers.items()
        for service, spec in release.services.items()
        if spec["kind"] == "web" and not spec.get("route")
    ]


def _endpoint(name: str, base: str, release: Release, spec: Spec) -> Endpoint:
    health = spec.get("health", {})
    return {"name": name, "url": f"{base}{health.get('path', '/health')}", "version": release.version}
