"""A run that is killed anywhere loses no request, and the next one converges by itself."""

from __future__ import annotations

import signal
import time

import customers
import fleet
import pytest
from cases import cases

pytestmark = pytest.mark.fleet

STEPS = (
    ("Take the lock", 1),
    ("See which replicas run", 1),
    ("Decide what is to be done", 1),
    ("Run the migrations", 1),
    ("Start replicas", 1),
    ("Move traffic", 1),
    ("Judge: route 1", 1),
    ("Start replicas", 2),
    ("Move traffic", 2),
    ("Move traffic", 3),
    ("Judge: route 3", 1),
    ("Stop replicas", 1),
    ("Judge: retire 3", 1),
    ("Write the ledger", 1),
)
"""Tasks, and at which of their beginnings the signal comes: the batches repeat them."""
KILL, TERM, INT, HUP = signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP
SIGNALS = {
    f"{number.name} at {step} {times}": (step, times, number)
    for n, (step, times) in enumerate(STEPS)
    for number in (KILL, (TERM, INT, HUP)[n % 3])
}
ALWAYS = ("SIGKILL at Move traffic 3",)


@pytest.mark.parametrize(("step", "times", "number"), cases(SIGNALS, ALWAYS))
def test_a_run_that_is_killed_loses_no_request_and_the_next_one_converges(
    calm: fleet.Snapshot, begin, step: str, times: int, number: signal.Signals
) -> None:
    wanted = calm.next
    with customers.shopping(rate=300) as load:
        run = begin("deploy", version=wanted, strategy="rolling")
        assert run.reaches(step, times), run.output
        time.sleep(len(step) % 7 / 10)
        run.signal(number)
        ended = run.ends()
        assert ended.rc != 0, ended.output
        load.phase("killed")
        again = fleet.playbook("deploy", version=wanted, strategy="rolling")
        assert again.rc == 0, again.output
        assert fleet.what_hinders() == []
    assert load.complaints == []
    nothing_is_left_to_do(wanted)


@pytest.mark.full
@pytest.mark.parametrize(("step", "times"), [("Move traffic", 1), ("Start replicas", 2), ("Start replicas", 3)])
def test_after_a_run_was_killed_another_version_can_be_deployed(calm: fleet.Snapshot, begin, step: str, times: int) -> None:
    killed, wanted = calm.next, next(version for version in fleet.GOOD if version not in (calm.version, calm.next))
    with customers.shopping(rate=300) as load:
        run = begin("deploy", version=killed, strategy="rolling")
        assert run.reaches(step, times), run.output
        run.signal(KILL)
        run.ends()
        again = fleet.playbook("deploy", version=wanted, strategy="rolling")
        assert again.rc == 0, again.output
        assert fleet.what_hinders() == []
    assert load.complaints == []
    nothing_is_left_to_do(wanted)


@pytest.mark.parametrize("number", cases({"SIGKILL": KILL, "SIGINT": INT}, ["SIGKILL"]))
def test_an_undoing_that_is_killed_is_finished_by_the_next_run(calm: fleet.Snapshot, begin, number: signal.Signals) -> None:
    fleet.cleared("v4-never-healthy")
    with customers.shopping(rate=300) as load:
        run = begin("deploy", version="v4-never-healthy", strategy="rolling", mainstay_services=fleet.impatient("6s"))
        assert run.reaches("Judge: undo route"), run.output
        run.signal(number)
        run.ends()
        again = fleet.playbook("deploy", version=calm.version)
        assert again.rc == 0, again.output
        assert fleet.what_hinders() == []
    assert load.complaints == []
    nothing_is_left_to_do(calm.version)


def nothing_is_left_to_do(version: str) -> None:
    """One release, and a further run changes nothing."""
    before = fleet.snapshot()
    assert before.version == version
    assert {replica[1] for replica in before.running} == {before.live["release"]}
    again = fleet.playbook("deploy", version=version, strategy="rolling")
    assert again.rc == 0, again.output
    assert "it is in service already, nothing was to be done" in again.words
    assert fleet.snapshot() == before
