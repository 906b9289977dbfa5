"""An environment of three hosts and two routers, as a run finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._release import plan
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Fleet, Ledger, Performed, Release

SERVICES: Mapping[str, Any] = {
    "api": {"kind": "web", "image": "r:5000/api", "container_port": 8000, "ports": {"blue": 21000, "green": 22000}},
    "worker": {"kind": "worker", "image": "r:5000/worker", "container_port": 8000, "ports": {"blue": 21200, "green": 22200}},
}
IMAGES = {"api": "r:5000/api@sha256:1", "worker": "r:5000/worker@sha256:2"}
V1, V2, V3 = (Release(f"{v}-aaaa", v, IMAGES, SERVICES, "aaaa") for v in ("v1", "v2", "v3"))
HOSTS = ("app1", "app2", "app3")


def replicas(slot: str, release: Release, services: Sequence[str] = ("api", "worker")) -> list[dict[str, Any]]:
    return [{"service": name, "slot": slot, "release": release.id, "state": "running"} for name in services]


def servers(slot: str, hosts: Sequence[str] = HOSTS) -> list[dict[str, Any]]:
    return [{"service": "api", "slot": slot, "host": host, "n": 1, "in_rotation": True} for host in hosts]


def fleet(
    there: Mapping[str, Sequence[Mapping[str, Any]]], routed: Sequence[Mapping[str, Any]], silent: Mapping[str, str] | None = None
) -> Fleet:
    return Fleet(
        replicas=there,
        servers={"proxy1": routed, "proxy2": routed},
        addresses={host: f"10.0.0.{n}" for n, host in enumerate(there, 1)},
        entrances={"proxy1": "http://10.0.1.1", "proxy2": "http://10.0.1.2"},
        statistics={"proxy1": "http://10.0.1.1:8404", "proxy2": "http://10.0.1.2:8404"},
        silent=silent or {},
    )


def ledger(*live: tuple[Release, str]) -> Ledger:
    done = tuple(Performed("r", "deploy", release.id, slot, "pass") for release, slot in live)
    return Ledger({release.id: release for release in (V1, V2, V3)}, {}, done)


EMPTY = plan.Found(Ledger(), None, fleet(dict.fromkeys(HOSTS, ()), []))
ON_BLUE = plan.Found(ledger((V1, "blue")), None, fleet({h: replicas("blue", V1) for h in HOSTS}, servers("blue")))
