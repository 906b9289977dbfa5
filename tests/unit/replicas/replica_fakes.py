"""An Engine that exists only in memory, and remembers what it was asked to do."""

# ruff: noqa: ARG002  (a fake takes what the port gives)
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import NotFound
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import LABEL, Container, Health, Replica

DIGEST = "sha256:" + "1" * 64
IMAGE = f"registry.example.com/shop/api@{DIGEST}"


def container(name: str = "shop-api-blue-1", **changed: Any) -> Container:
    values = {
        "name": name,
        "service": "api",
        "number": 1,
        "port": 21000,
        "image": IMAGE,
        "release": "v1-1",
        "config": "c1",
        "body": {"Env": [], "HostConfig": {"Memory": 1}},
        "health": Health(healthy=1, interval=0.01, deadline=0.05),
    }
    return Container(**{**values, **changed})


def replica(name: str = "shop-api-blue-1", **changed: Any) -> Replica:
    values = {
        "name": name,
        "id": f"id of {name}",
        "service": "api",
        "slot": "blue",
        "number": 1,
        "release": "v1-1",
        "version": "v1",
        "config": "c1",
        "image": IMAGE,
        "state": "running",
        "policy": "unless-stopped",
        "ports": (21000,),
    }
    return Replica(**{**values, **changed})


def inspected(name: str = "shop-api-blue-1", **changed: Any) -> dict[str, Any]:
    """A container in the Engine's own words; what is changed are fields of its state, or labels by their short names."""
    state = {"Status": "running", "StartedAt": "2026-01-02T03:04:05.678901234Z", "ExitCode": 0, "OOMKilled": False}
    labels = {"service": "api", "slot": "blue", "replica": "1", "release": "v1-1", "version": "v1", "config": "c1"}
    return {
        "Id": "0123456789abcdef",
        "Name": f"/{name}",
        "RestartCount": changed.get("RestartCount", 0),
        "State": {key: changed.get(key, value) for key, value in state.items()},
        "Config": {
            "Image": IMAGE,
            "Labels": {f"{LABEL}{key}": changed.get(key, value) for key, value in labels.items() if changed.get(key, value)},
        },
        "HostConfig": {
            "RestartPolicy": {"Name": "unless-stopped"},
            "PortBindings": {"8000/tcp": [{"HostIp": "0.0.0.0", "HostPort": "21000"}]},
        },
    }


@dataclass
class FakeEngine:
    """``asked`` is what was asked, in order; ``describe`` answers for a container; what ``fails`` does so ``fails_times``."""

    describe: Callable[[str], dict[str, Any]] = inspected
    written: bytes = b""
    fails: Mapping[str, Exception] = field(default_factory=dict)
    fails_times: int = 1_000_000
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Mapping[str, Any]] = field(default_factory=list)
    lock: Any = field(default_factory=Lock)

    def listed(self, labels: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        return []

    def inspected(self, name: str) -> dict[str, Any]:
        return self.describe(name)

    def has_image(self, reference: str) -> bool:
        return True

    def pull(self, reference: str, credentials: Mapping[str, str]) -> None:
        self._ask("pull", reference)

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        self.bodies.append(body)
        self._ask("create", name)
        return name

    def start(self, name: str) -> None:
        self._ask("start", name)

    def rearm(self, name: str, policy: str) -> None:
        self._ask(f"policy {policy}", name)

    def stop(self, name: str, timeout: int) -> None:
        self._ask(f"stop {timeout}", name)

    def remove(self, name: str) -> None:
        self._ask("remove", name)

    def logs(self, name: str, lines: int) -> bytes:
        return self.written

    def verbs(self) -> list[str]:
        return [verb for verb, _ in self.asked]

    def _ask(self, verb: str, subject: str) -> None:
        with self.lock:
            self.asked.append((verb, subject))
        if verb in self.fails and self.verbs().count(verb) <= self.fails_times:
            raise self.fails[verb]


def gone(name: str) -> dict[str, Any]:
    raise NotFound(f"no container {name}")
