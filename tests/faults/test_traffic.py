"""No customer notices a deploy or a rollback."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import customers
import fleet
import pytest
from cases import cases

pytestmark = pytest.mark.fleet

FULL = bool(os.environ.get("MAINSTAY_FULL"))
REQUESTS = 50_000 if FULL else 8_000
NOISE_MS = 2500
"""What the machine itself adds: fleet, load, tests and Ansible share its few cores, which start twelve replicas meanwhile."""


def there_and_back(load: customers.Customers) -> Iterator[str]:
    """The other good version, again and again, until there were enough requests."""
    began = time.monotonic()
    while time.monotonic() - began < REQUESTS / (0.7 * customers.RATE):
        yield fleet.snapshot().next


def nobody_noticed(load: customers.Customers) -> None:
    steady, run = load.told["steady"], load.told["run"]
    print(
        {
            name: {key: phase[key] for key in ("count", "failed", "rate", "p50_ms", "p99_ms", "slowest_ms")}
            for name, phase in load.told.items()
        }
    )
    assert load.complaints == []
    assert load.count >= REQUESTS
    assert run["slowest_ms"] < 2 * steady["p99_ms"] + 100 + NOISE_MS


@pytest.mark.parametrize("strategy", ["rolling", "blue_green"])
def test_no_request_fails_while_a_release_replaces_another(calm: fleet.Snapshot, strategy: str) -> None:
    with customers.shopping() as load:
        for version in there_and_back(load):
            ran = fleet.playbook("deploy", version=version, strategy=strategy)
            assert ran.rc == 0, ran.output
            assert fleet.what_hinders() == []
            assert fleet.snapshot().version == version
    nobody_noticed(load)


@pytest.mark.parametrize("strategy", cases({"still runs": "blue_green", "was retired": "rolling"}, ["still runs"]))
def test_no_request_fails_while_going_back_to_a_release_that(calm: fleet.Snapshot, strategy: str) -> None:
    with customers.shopping() as load:
        for version in there_and_back(load):
            before = fleet.snapshot().version
            for verb, extra, serves in (("deploy", {"version": version}, version), ("rollback", {}, before)):
                ran = fleet.playbook(verb, strategy=strategy, **extra)
                assert ran.rc == 0, ran.output
                assert fleet.what_hinders() == []
                assert fleet.snapshot().version == serves
    nobody_noticed(load)


@pytest.mark.full
def test_no_request_fails_while_the_number_of_replicas_changes(calm: fleet.Snapshot) -> None:
    """What is too many leaves rotation before it stops."""
    with customers.shopping(rate=300) as load:
        for replicas in (1, 3, 2):
            ran = fleet.playbook("deploy", version=calm.version, mainstay_services=fleet.sized("api", replicas))
            assert ran.rc == 0, ran.output
            up = [r for r in fleet.replicas("app1") if r.state == "running" and "-api-" in r.name]
            assert len(up) == replicas
            assert fleet.what_hinders() == []
    assert load.complaints == []
