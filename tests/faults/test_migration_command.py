"""A migration by a command of the release runs once, before new code takes traffic, and its failure ends the run."""

from __future__ import annotations

import customers
import fleet
import pytest

pytestmark = pytest.mark.fleet


def migration(program: str) -> dict[str, object]:
    """The command takes the place of the inventory's SQL."""
    return {"service": "api", "command": ["python3", "-c", program], "timeout": "30s"}


COUNTS = "import os, redis; print(redis.Redis.from_url(os.environ['REDIS_URL']).incr('migrated'))"
"""A change that is seen from outside: with the secrets of the service, in the network of the host."""


def counted() -> int:
    """How often the command ran, asked through a replica, which may talk to Redis."""
    ask = "import os, redis; print(redis.Redis.from_url(os.environ['REDIS_URL']).get('migrated') or 0)"
    name = next(replica.name for replica in fleet.replicas("app1") if replica.state == "running" and "-api-" in replica.name)
    told = fleet.command("docker", "exec", name, "python3", "-c", ask, host="app1")
    return int(told.strip().strip("b'"))


def test_the_command_runs_once_in_the_new_release_whatever_the_batches(calm: fleet.Snapshot) -> None:
    before = counted()
    ran = fleet.playbook("deploy", version=calm.next, strategy="rolling", batch="1", mainstay_migration=migration(COUNTS))
    assert ran.rc == 0, ran.output
    assert fleet.what_hinders() == []
    assert counted() == before + 1


def test_a_command_that_fails_ends_the_run_before_new_code_takes_traffic(calm: fleet.Snapshot) -> None:
    fleet.cleared("v4-slow-start")
    broken = migration("print('there is no column priority'); raise SystemExit(3)")
    with customers.shopping(rate=100) as load:
        ran = fleet.playbook("deploy", version="v4-slow-start", mainstay_migration=broken)
    assert ran.rc != 0
    assert "there is no column priority" in ran.words
    assert f"Now {calm.live['release']} serves" in ran.words
    assert load.complaints == []
    seen = fleet.snapshot()
    assert (seen.running, seen.rotation) == (calm.running, calm.rotation)
    assert seen.marks[seen.releases["v4-slow-start"]] == "bad"
