"""What ``--check`` says is what a run does, and a second run does nothing."""

from __future__ import annotations

import re

import fleet
import pytest

pytestmark = pytest.mark.fleet

STEP = re.compile(r"((?:start|route|retire|migrate|recover) [a-z0-9 ,]+: .+? -> [a-z0-9 -]+?)'")


def steps(ran: fleet.Result) -> list[str]:
    """The lines in which a run tells its steps."""
    return STEP.findall(ran.words)


@pytest.mark.parametrize("strategy", ["blue_green", "rolling"])
def test_check_predicts_exactly_the_steps_of_the_run(calm: fleet.Snapshot, strategy: str) -> None:
    predicted = fleet.playbook("deploy", "--check", version=calm.next, strategy=strategy)
    assert predicted.rc == 0, predicted.output
    assert fleet.snapshot() == calm
    ran = fleet.playbook("deploy", version=calm.next, strategy=strategy)
    assert ran.rc == 0, ran.output
    assert steps(predicted) == steps(ran) != []
    live = fleet.snapshot().live
    assert f"{live['release']} in {live['slot']}" in " ".join(steps(ran))
    assert sum(step.startswith("start ") for step in steps(ran)) == (3 if strategy == "rolling" else 1)


def test_a_second_run_changes_nothing(calm: fleet.Snapshot) -> None:
    for arguments in ((), ("--check",)):
        again = fleet.playbook("deploy", *arguments, version=calm.version, strategy="rolling")
        if "nothing was to be done" not in again.words:  # the first one retires what blue_green kept for a quick rollback
            again = fleet.playbook("deploy", *arguments, version=calm.version, strategy="rolling")
        before = fleet.snapshot()
        assert again.rc == 0, again.output
        assert "nothing was to be done" in again.words
        assert fleet.snapshot() == before
