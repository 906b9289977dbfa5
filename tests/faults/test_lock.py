"""Two runs never work on one environment at once."""

from __future__ import annotations

import json
import signal
import time

import fleet
import pytest

pytestmark = pytest.mark.fleet


def test_of_two_runs_one_wins_and_the_other_names_the_owner(calm: fleet.Snapshot, begin) -> None:
    first = begin("deploy", version=calm.next, release_owner="alice")
    second = begin("deploy", version=calm.next, release_owner="bob")
    ended = {"alice": first.ends(), "bob": second.ends()}
    winners = [who for who, ran in ended.items() if ran.rc == 0]
    assert len(winners) == 1, {who: ran.output for who, ran in ended.items()}
    loser = next(ran for who, ran in ended.items() if who not in winners)
    assert f"{winners[0]} holds the lock for deploy {calm.next} since" in loser.words
    assert fleet.what_hinders() == []


def held_by_nobody_knows_whom(expires: float) -> None:
    """A lock as a run on another machine would leave it."""
    document = json.loads(fleet.stored("lock.json"))
    now = time.time()
    document["token"] += 1
    document["holder"] = {
        "run": "elsewhere", "owner": "carol", "purpose": "deploy v9", "since": now, "expires": expires, "claimant": {"boot": "x"},
    }  # fmt: skip
    fleet.command("sh", "-c", f"printf %s '{json.dumps(document)}' > {fleet.STORE}/lock.json", host="ops1")


def its_lease_is_over() -> None:
    """As if the holder had slept for longer than any test may take."""
    document = json.loads(fleet.stored("lock.json"))
    document["holder"]["expires"] = time.time() - 1
    fleet.command("sh", "-c", f"printf %s '{json.dumps(document)}' > {fleet.STORE}/lock.json", host="ops1")


def test_a_lock_whose_lease_goes_on_is_respected_until_somebody_types_the_word(calm: fleet.Snapshot) -> None:
    held_by_nobody_knows_whom(time.time() + 600)
    ran = fleet.playbook("deploy", version=calm.version)
    assert ran.rc != 0
    assert "carol holds the lock for deploy v9" in ran.words
    assert fleet.playbook("unlock", confirm="development").rc == 0
    assert fleet.what_hinders() == []


def test_a_lock_whose_lease_ended_is_free(calm: fleet.Snapshot) -> None:
    held_by_nobody_knows_whom(time.time() - 1)
    ran = fleet.playbook("deploy", version=calm.version)
    assert ran.rc == 0, ran.output
    assert fleet.what_hinders() == []


def test_a_run_that_slept_past_its_lease_is_refused_by_its_token(calm: fleet.Snapshot, begin) -> None:
    sleeper = begin("deploy", version=calm.next, strategy="rolling", release_owner="alice")
    assert sleeper.reaches("Judge: route 1")
    sleeper.stops()
    time.sleep(10)  # the module that runs on the operations host does not sleep with its controller
    its_lease_is_over()
    other = fleet.playbook("deploy", version=calm.version, release_owner="bob")
    assert other.rc == 0, other.output
    before = fleet.snapshot()
    sleeper.signal_all(signal.SIGCONT)
    woken = sleeper.ends()
    assert woken.rc != 0
    assert "its lease ended" in woken.words
    assert "Traceback" not in woken.output
    assert fleet.snapshot() == before
