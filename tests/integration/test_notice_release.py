"""A run tells people of itself: the tasks of the role release, with the real lock, journal and ledger, but without a fleet."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from test_notice import World, world  # noqa: F401 # a fixture

LEDGER = Path("/var/lib/mainstay")
STEP = {"share": 50, "watch": "10m", "ask": {"promotion": "4h", "inconclusive": "0s", "another": True}, "spare": ["app1"]}
ROLLOUT = {
    "verb": "deploy", "kind": "replace", "strategy": "canary", "release": {"id": "v2-b"}, "origin": {"id": "v1-a"},
    "origin_slot": "blue", "slot": "green", "recover": False, "migrates": False,
    "batches": [STEP], "surplus": [], "leaves": {}, "lease": "3m", "undo": {},
}  # fmt: skip
STARTS = {"action": "start", "subject": "api on app1", "before": "", "after": "v2-b"}
PLANNED = {"rollout": ROLLOUT, "steps": [STARTS]}
JOURNAL = """
import sys
from ansible_collections.mainstay.ops.plugins.module_utils._release import ledger
from ansible_collections.mainstay.ops.plugins.module_utils._release.model import Journal, Phase
from ansible_collections.mainstay.ops.plugins.module_utils._release.stored import open_store
environment, run, verdict = sys.argv[1:]
phase = Phase("route 1", verdict, "" if verdict == "pass" else "api answered 500 {{ 7 * 7 }}")
journal = Journal(run, "deploy", "v2-b", "green", "v1-a", "blue", "dana", 1.0, ("route 1",), (phase,))
ledger.write_journal(open_store("/var/lib/mainstay", environment), journal)
"""
LOCK = "- ansible.builtin.import_role: {name: mainstay.ops.release, tasks_from: lock}"
WRITE = "- ansible.builtin.command: {argv: [PYTHON, JOURNAL, ENVIRONMENT, '{{ release_lock.run }}', '{{ verdict }}']}"
SETTLE = "- ansible.builtin.import_role: {name: mainstay.ops.release, tasks_from: settle}"
REPLACE = "- ansible.builtin.import_role: {name: mainstay.ops.release, tasks_from: replace}"


@pytest.fixture
def environment() -> Iterator[str]:
    name = f"test-{uuid4().hex[:8]}"
    yield name
    shutil.rmtree(LEDGER / name, ignore_errors=True)


def told(world: World, environment: str, tasks: list[str], verdict: str = "pass", channels: Any = None) -> tuple[Any, list[Any]]:  # noqa: F811
    """How the tasks ended, and the documents that the webhook got."""
    (world.root / "journal.py").write_text(JOURNAL)
    variables = {
        "mainstay_environment": environment,
        "mainstay_services": {},
        "release_owner": "dana",
        "release_planned": PLANNED,
        "release_judged": {"judged": "plan", "verdict": "pass"}
        if REPLACE in tasks
        else {"judged": "undo retire", "verdict": "pass"},
    }
    written = "\n".join(tasks).replace("PYTHON", sys.executable).replace("JOURNAL", str(world.root / "journal.py"))
    play = "- hosts: operations\n  gather_facts: false\n  tasks:\n" + written.replace("ENVIRONMENT", environment).replace(
        "- ", "    - ", 1
    )
    play = play.replace("\n- ", "\n    - ")
    (world.root / "play.yml").write_text(play)
    hook = {**world.channels[3], "events": ["begun", "asks", "passed", "failed", "nothing"]}
    given = [hook] if channels is None else channels
    extra = world.root / "extra.json"
    extra.write_text(json.dumps(variables))
    ran = world.run(world.root / "play.yml", given, "-e", f"@{extra}", verdict=verdict, version="v2")
    return ran, [one["body"] for one in world.webhook.asked]


def test_what_failed_is_told_with_what_serves_now_and_the_verdict_stays(world: World, environment: str) -> None:  # noqa: F811
    ran, [notice] = told(world, environment, [LOCK, WRITE, SETTLE], verdict="fail")
    assert ran.rc == 2
    assert notice["event"] == "failed"
    assert notice["subject"] == f"{environment} shop: deploy of v2-b did not pass, v1-a serves"
    assert "api answered 500 {{ 7 * 7 }}. Now v1-a serves" in notice["body"]
    assert f"report: /var/lib/mainstay/{environment}/reports/" in notice["body"]
    assert notice["key"] == f"{environment}/shop"
    assert notice["details"]["verdict"] == "fail"


def test_what_passed_is_told_and_a_dead_server_changes_nothing_of_it(world: World, environment: str) -> None:  # noqa: F811
    ran, [notice] = told(world, environment, [LOCK, WRITE, SETTLE])
    assert (ran.rc, notice["event"], notice["details"]["release"]) == (0, "passed", "v2-b")
    world.webhook.answers["localhost"] = (500, b"")
    again, _ = told(world, environment, [LOCK, WRITE, SETTLE])
    assert (again.rc, len(again.warnings)) == (0, 1), again.output
    assert "deploy v2-b: pass after" in again.output


def test_a_run_that_begins_and_a_step_that_will_ask_are_told_before_anything_starts(world: World, environment: str) -> None:  # noqa: F811
    """Without a fleet it ends right after, where the first host would start something."""
    ran, notices = told(world, environment, [REPLACE])
    assert ran.rc != 0
    assert [notice["event"] for notice in notices] == ["begun", "asks"], ran.output
    assert "start api on app1: nothing -> v2-b" in notices[0]["body"]
    assert "go on: ansible-playbook mainstay.ops.promote -i hosts.yml -e reason='...'" in notices[1]["body"]
    assert "end it: ansible-playbook mainstay.ops.abort -i hosts.yml -e reason='...'" in notices[1]["body"]
    assert "waits 4h for a person" in notices[1]["subject"]


def test_wrong_notices_are_refused_before_the_lock_is_taken(world: World, environment: str) -> None:  # noqa: F811
    ran, notices = told(world, environment, [LOCK], channels=[{"channel": "webhook"}])
    assert (ran.rc != 0, notices) == (True, [])
    assert "mainstay_notices, entry 1: webhook needs url" in ran.output
    assert not (LEDGER / environment).exists()


def test_without_notices_nothing_of_the_role_runs(world: World, environment: str) -> None:  # noqa: F811
    ran, notices = told(world, environment, [LOCK, WRITE, SETTLE], channels=[])
    assert (ran.rc, notices) == (0, [])
    assert "mainstay.ops.notice" not in ran.output
    assert "skipped=2" in ran.output, "one of them is the failure that was none"
