"""ops_lock against a real directory, through Ansible, with its action plugin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.mainstay.ops.plugins.action.ops_lock import claimant
from ansible_collections.mainstay.ops.plugins.module_utils._lock.operation import LOCK
from ansible_module import run_module


def lock(directory: Path, *flags: str, **arguments: Any) -> dict[str, Any]:
    return run_module("ops_lock", *flags, environment="test", directory=str(directory), **arguments)


def taken_by_this_process(directory: Path) -> None:
    """The lock is held by a process that is alive: the one that runs the tests."""
    given = {
        "environment": "test", "directory": str(directory), "state": "present", "run": "alive", "owner": "dana",
        "purpose": "deploy v2", "lease": "60s", "claimant": claimant(os.getpid()), "evict": None,
    }  # fmt: skip
    wanted = LOCK.parse(given)
    found = LOCK.read(wanted)
    LOCK.apply(wanted, found, LOCK.plan(wanted, found))


def test_taking_it_in_check_mode_then_really_then_both_again(tmp_path: Path) -> None:
    predicted = lock(tmp_path, "--check", run="mine", owner="dana", purpose="deploy v2")
    assert (predicted["changed"], predicted["holder"]) == (True, {})
    taken = lock(tmp_path, run="mine", owner="dana", purpose="deploy v2")
    assert (taken["steps"], taken["token"], taken["holder"]["owner"]) == (predicted["steps"], 1, "dana")
    renewal = lock(tmp_path, "--check", run="mine")
    renewed = lock(tmp_path, run="mine")
    assert renewed["steps"][0]["action"] == renewal["steps"][0]["action"] == "renew"
    assert renewed["token"] == taken["token"], "a run keeps its token"


def test_giving_it_back_in_check_mode_then_really_then_both_again(tmp_path: Path) -> None:
    lock(tmp_path, run="mine")
    assert lock(tmp_path, "--check", run="mine", state="absent")["changed"]
    assert lock(tmp_path, run="mine", state="absent")["changed"]
    assert not lock(tmp_path, "--check", run="mine", state="absent")["changed"]
    assert not lock(tmp_path, run="mine", state="absent")["changed"]


def test_a_run_that_is_alive_keeps_it_and_is_named(tmp_path: Path) -> None:
    taken_by_this_process(tmp_path)
    refused = lock(tmp_path, run="late")
    assert refused["failed"]
    assert "dana" in refused["msg"]
    assert "deploy v2" in refused["msg"]


def test_a_run_whose_process_is_gone_loses_it_to_the_next(tmp_path: Path) -> None:
    first = lock(tmp_path, run="gone")
    second = lock(tmp_path, run="next")
    assert not second["failed"]
    assert second["token"] > first["token"], "whatever the first one still writes is refused"


def test_an_operator_frees_it_by_force(tmp_path: Path) -> None:
    taken_by_this_process(tmp_path)
    assert not lock(tmp_path, run="late", state="absent")["changed"]
    freed = lock(tmp_path, state="absent", force=True)
    assert (freed["changed"], freed["holder"]) == (True, {})


def test_a_name_that_leaves_the_directory_is_refused(tmp_path: Path) -> None:
    refused = run_module("ops_lock", environment="../etc", run="mine", directory=str(tmp_path))
    assert refused["failed"]
    assert "allowed" in refused["msg"]
    assert list(tmp_path.iterdir()) == []
