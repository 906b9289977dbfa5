"""Ansible's own traps: what would make it pass hosts or phases by, or go on after one failed, is refused or counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import fleet
import pytest
from cases import cases

pytestmark = pytest.mark.fleet

PASSING_BY = {
    "a limit to some hosts": ("--limit", "app1"),
    "a limit to a host of every group": ("--limit", "app1,ops1,proxy1"),
    "a limit with a typo": ("--limit", "ap1"),
    "tags": ("--tags", "release"),
    "tags to skip": ("--skip-tags", "release"),
    "a later start": ("--start-at-task", "Settle"),
}


def refused(ran: fleet.Result, before: fleet.Snapshot) -> None:
    """Not zero, a sentence and no traceback, and nothing is different from before."""
    assert ran.rc != 0, ran.output
    assert "Traceback" not in ran.output
    assert fleet.snapshot() == before


@pytest.mark.parametrize(("option", "value"), cases(PASSING_BY, always=("a limit with a typo", "tags", "a later start")))
def test_no_option_passes_a_host_or_a_phase_by(calm: fleet.Snapshot, option: str, value: str) -> None:
    ran = fleet.playbook("deploy", option, value, version=calm.next)
    refused(ran, calm)
    assert option in ran.words


@pytest.mark.parametrize(
    "name", cases({name: name for name in ("deploy", "rollback", "migrate", "unlock", "clear_release")}, ["deploy"])
)
def test_a_template_from_the_command_line_is_never_run(calm: fleet.Snapshot, name: str, tmp_path: Path) -> None:
    proof = tmp_path / "pwned"
    trap = "{{ lookup('pipe', 'touch " + str(proof) + "') }}"
    asked = (
        {"release": trap, "reason": "x"}
        if name == "clear_release"
        else {"confirm": trap}
        if name == "unlock"
        else {"version": trap}
    )
    refused(fleet.playbook(name, **asked), calm)
    assert not proof.exists()


def test_a_template_in_a_file_of_extra_variables_is_never_run(calm: fleet.Snapshot, tmp_path: Path) -> None:
    proof, file = tmp_path / "pwned", tmp_path / "extra.yml"
    file.write_text("version: \"{{ lookup('pipe', 'touch " + str(proof) + "') }}\"\n")
    refused(fleet.playbook("deploy", "-e", f"@{file}"), calm)
    assert not proof.exists()


@pytest.mark.parametrize("group", cases({name: name for name in ("app", "proxy", "operations")}, ["app"]))
def test_an_empty_group_is_an_error(calm: fleet.Snapshot, group: str, tmp_path: Path) -> None:
    inventory = tmp_path / "development"
    shutil.copytree(fleet.ROOT / fleet.INVENTORY, inventory)
    hosts = inventory / "hosts.yml"
    hosts.write_text(without_hosts_of(group, hosts.read_text()))
    ran = fleet.playbook("deploy", version=calm.next, inventory=str(inventory))
    refused(ran, calm)
    assert f"the group {group} has no host in this inventory" in ran.words


def without_hosts_of(group: str, text: str) -> str:
    """The inventory with the hosts of a group gone, as after a wrong merge."""
    head, _, tail = text.partition(f"    {group}:\n      hosts:\n")
    lines = tail.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if not line.startswith("        ")), len(lines))
    return f"{head}    {group}:\n      hosts:\n" + "".join(lines[first:])


def test_a_host_that_cannot_be_reached_is_counted_before_anything_changes(calm: fleet.Snapshot) -> None:
    with fleet.unreachable("app2"):
        ran = fleet.playbook("deploy", version=calm.next)
        refused(ran, calm)
    assert "not every host answered, so nothing was changed. app2" in ran.words


def test_a_host_lost_in_the_first_batch_keeps_the_second_from_beginning(calm: fleet.Snapshot, begin) -> None:
    run = begin("deploy", version=calm.next, strategy="rolling")
    assert run.reaches("Judge: migrate")
    with fleet.unreachable("app1"):
        ran = run.ends()
        assert ran.rc != 0
        assert "app1 unreachable" in ran.words
        seen = fleet.snapshot()
        assert {there for there in seen.running if there[0] != "app1"} == {there for there in calm.running if there[0] != "app1"}
        assert seen.live["release"] == calm.live["release"]
    again = fleet.playbook("deploy", version=calm.next)
    assert again.rc == 0, again.output
    assert fleet.what_hinders() == []


def test_a_strategy_from_the_environment_does_not_let_hosts_run_ahead_of_a_verdict(
    calm: fleet.Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIBLE_STRATEGY", "free")
    ran = fleet.playbook("deploy", version=calm.next, strategy="rolling")
    assert ran.rc == 0, ran.output
    assert fleet.what_hinders() == []
    assert fleet.snapshot().version == calm.next
