"""A run of the release's modules against a real registry and a real ledger, of one host and one router."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from ansible_module import run_module
from registry_server import Registry

EMPTY = {
    "replicas": {"app1": []},
    "servers": {"proxy1": []},
    "addresses": {"app1": "127.0.0.1"},
    "entrances": {"proxy1": "http://127.0.0.1"},
}


@dataclass(frozen=True)
class Run:
    """A run of its own name under the lock of an environment that only this test has."""

    directory: Path
    registry: Registry
    environment: str
    name: str = "first"
    token: int | None = None

    def begin(self) -> Run:
        lock = run_module("ops_lock", environment=self.environment, run=self.name, owner="dana", directory=str(self.directory))
        assert not lock["failed"], lock
        return replace(self, token=lock["token"])

    def call(self, module: str, *flags: str, **arguments: Any) -> dict[str, Any]:
        fence = {"environment": self.environment, "token": None if "--check" in flags else self.token}
        return run_module(module, *flags, run=self.name, fence=fence, directory=str(self.directory), **arguments)

    def plan(self, *flags: str, **changed: Any) -> dict[str, Any]:
        image = f"{self.registry.name}/shop/api"
        api = {"kind": "web", "image": image, "container_port": 8000, "ports": {"blue": 21000, "green": 22000}}
        asked = {"version": "v1", "services": {"api": api}, "fleet": EMPTY, "registry": {"ca_path": str(self.registry.ca)}}
        return self.call("release_plan", *flags, **{**asked, **changed})

    def judge(self, phase: str, *flags: str, **outcome: Any) -> dict[str, Any]:
        results = {"app1": {"phase": phase, **outcome}} if outcome or phase else {}
        return self.call("release_judge", *flags, phases=[{"phase": phase, "hosts": ["app1"], "results": results}])

    def judge_all(self, planned: dict[str, Any]) -> None:
        for phase in expected(planned, self):
            assert self.judge(phase)["verdict"] == "pass"

    def info(self) -> dict[str, Any]:
        return run_module("release_info", environment=self.environment, directory=str(self.directory))

    def mark(self, *flags: str, **said: Any) -> dict[str, Any]:
        return run_module("release", *flags, environment=self.environment, directory=str(self.directory), **said)


def expected(planned: dict[str, Any], run: Run) -> list[str]:
    """The phases that the journal says must be passed."""
    assert planned["rollout"]["kind"] == "replace", planned
    return list(run.info()["journal"]["expected"])


@contextmanager
def begun(directory: Path, registry: Registry) -> Iterator[Run]:
    """A run that has the lock. Hosts remember the token under /var/lib/mainstay, whatever the directory of the ledger."""
    environment = f"test-{uuid4().hex[:8]}"
    yield Run(directory, registry, environment).begin()
    shutil.rmtree(Path("/var/lib/mainstay", environment), ignore_errors=True)
