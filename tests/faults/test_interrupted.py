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
    "Take the lock",
    "See which replicas this host runs",
    "Decide what is to be done",
    "Run the migrations",
    "Start replicas",
    "Judge: start 1",
    "Move traffic",
    "Judge: route 1",
    "Stop replicas",
    "Judge: retire 1",
    "Judge: start 2",
    "Judge: route 3",
    "Judge: retire 3",
    "Write the ledger",
)
KILL, TERM, INT, HUP = signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP
SIGNALS = {
    f"{number.name} at {step}": (step, number) for n, step in enumerate(STEPS) for number in (KILL, (TERM, INT, HUP)[n % 3])
}


@pytest.mark.parametrize(("step", "number"), cases(SIGNALS, always=("SIGKILL at Move traffic", "SIGHUP at Judge: start 1")))
def test_a_run_that_is_killed_loses_no_request_and_the_next_one_converges(
    calm: fleet.Snapshot, begin, step: str, number: signal.Signals
) -> None:
    wanted = calm.next
    with customers.shopping(rate=300) as load:
        run = begin("deploy", version=wanted, strategy="rolling")
        assert run.reaches(step), run.output
        time.sleep(len(step) % 7 / 10)
        run.signal(number)
        assert run.ends().rc != 0
        load.phase("killed")
        again = fleet.playbook("deploy", version=wanted, strategy="rolling")
        assert again.rc == 0, again.output
        assert fleet.what_hinders() == []
    assert load.complaints == []
    nothing_is_left_to_do(wanted)


@pytest.mark.full
@pytest.mark.parametrize("step", ["Move traffic", "Judge: retire 1", "Judge: start 3"])
def test_after_a_run_was_killed_another_version_can_be_deployed(calm: fleet.Snapshot, begin, step: str) -> None:
    killed, wanted = calm.next, next(version for version in fleet.GOOD if version not in (calm.version, calm.next))
    with customers.shopping(rate=300) as load:
        run = begin("deploy", version=killed, strategy="rolling")
        assert run.reaches(step), run.output
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
