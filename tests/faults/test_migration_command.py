"""A migration by a command of the release runs once, before new code takes traffic, and its failure ends the run."""

from __future__ import annotations

import customers
import fleet
import pytest

pytestmark = pytest.mark.fleet


def migration(program: str) -> dict[str, object]:
    """The command takes the place of the inventory's SQL."""
    return {"service": "api", "command": ["python3", "-c", program], "timeout": "30s"}


def runs() -> str:
    """When the container of the command began, on the one host where it runs."""
    name = fleet.command("docker", "ps", "-aq", "--filter", "label=ops.mainstay.command=migrate", host="app1").split()
    return fleet.command("docker", "inspect", "--format", "{{.State.StartedAt}}", *name, host="app1") if name else ""


def test_the_command_runs_once_in_the_new_release(calm: fleet.Snapshot) -> None:
    before = runs()
    done = migration("import shop.release; print('migrated')")
    for _ in range(2):
        ran = fleet.playbook("deploy", version=calm.next, mainstay_migration=done)
        assert ran.rc == 0, ran.output
        assert fleet.what_hinders() == []
    once = runs()
    assert once not in ("", before)
    assert "it is in service already, nothing was to be done" in ran.words


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
