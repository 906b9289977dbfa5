"""What the environment does to a run is told as such, and is never held against the release."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import customers
import fleet
import pytest
from cases import cases
from test_hazards import refused

pytestmark = pytest.mark.fleet

SOME = 100
Outage = Callable[..., AbstractContextManager[None]]

BEFORE = {
    "the database": (fleet.stopped, ("postgresql@15-main", "db1"), "database"),
    "Redis": (fleet.stopped, ("redis-server", "cache1"), "cache"),
    "a router": (fleet.paused, ("proxy2",), "proxy2"),
    "an application host": (fleet.paused, ("app3",), "app3"),
}


@pytest.mark.parametrize(("ended", "whom", "told"), cases(BEFORE, always=("the database",)))
def test_what_is_down_before_a_run_is_named_and_nothing_changes(
    calm: fleet.Snapshot, ended: Outage, whom: tuple[str, ...], told: str
) -> None:
    with ended(*whom):
        ran = fleet.playbook("deploy", version=calm.next)
    assert ran.rc != 0
    assert "Traceback" not in ran.output
    assert told in ran.words
    fleet.until(lambda: fleet.is_well() and not fleet.what_hinders(), 120)
    seen = fleet.snapshot()
    assert (seen.replicas, seen.rotation, seen.live["release"]) == (calm.replicas, calm.rotation, calm.live["release"])
    assert seen.marks == calm.marks
    with customers.shopping(SOME) as load:
        time.sleep(3)
    assert load.complaints == [], "nobody lands anywhere else than before"


@pytest.mark.full
def test_a_registry_that_is_down_before_a_run_is_named_and_nothing_changes(calm: fleet.Snapshot) -> None:
    with fleet.stopped("docker-registry", "ops1"):
        refused(ran := fleet.playbook("deploy", version="v2", mainstay_services=fleet.unknown_configuration()), calm)
    assert "the registry ops1:5000 did not answer" in ran.words


DURING = {
    "the database at the start": (fleet.stopped, ("postgresql@15-main", "db1"), "Judge: migrate"),
    "Redis at the start": (fleet.stopped, ("redis-server", "cache1"), "Judge: migrate"),
    "a router at the switch": (fleet.paused, ("proxy2",), "Start replicas"),
    "an application host after the first batch": (fleet.paused, ("app2",), "Start 2: "),
    "an application host while it starts": (fleet.paused, ("app1",), "Start replicas"),
}


@pytest.mark.parametrize(("ended", "whom", "step"), cases(DURING, always=()))
def test_what_goes_down_during_a_run_ends_it_and_the_next_one_converges(
    calm: fleet.Snapshot, begin, ended: Outage, whom: tuple[str, ...], step: str
) -> None:
    services = fleet.impatient("20s")
    run = begin("deploy", version=calm.next, strategy="rolling", mainstay_services=services, release_deadline="8s")
    assert run.reaches(step), run.output
    with ended(*whom):
        ran = run.ends()
        assert ran.rc != 0, ran.output
        assert "Traceback" not in ran.output
        seen = fleet.snapshot(without=whom[-1])
        assert seen.live["release"] == calm.live["release"]
        assert seen.marks.get(seen.releases[calm.next]) != "bad", ran.output
    fleet.until(lambda: fleet.is_well(), 400)
    again = fleet.playbook("deploy", version=calm.next, mainstay_services=services)
    assert again.rc == 0, again.output
    assert fleet.what_hinders() == []
    assert fleet.snapshot().version == calm.next


@pytest.mark.full
def test_a_registry_that_goes_down_during_a_run_is_not_held_against_the_release(calm: fleet.Snapshot, begin) -> None:
    for host in fleet.APPS:
        fleet.command("docker", "container", "prune", "--force", host=host)
        fleet.command("docker", "image", "prune", "--all", "--force", host=host)
    run = begin("deploy", version=calm.next, strategy="rolling")
    assert run.reaches("Run the migrations"), run.output
    with fleet.stopped("docker-registry", "ops1"):
        ran = run.ends()
    assert ran.rc != 0, ran.output
    assert "Traceback" not in ran.output
    assert f"Now {calm.live['release']} serves" in ran.words
    seen = fleet.snapshot()
    assert seen.running == calm.running
    assert seen.marks.get(seen.releases[calm.next]) != "bad"
    again = fleet.playbook("deploy", version=calm.next)
    assert again.rc == 0, again.output
    assert fleet.what_hinders() == []
