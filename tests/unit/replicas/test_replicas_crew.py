"""In which order the Engine is asked, and what happens when it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import FencedOff, MainstayError, NotFound, Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.crew import Crew
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import Found, ReplicaEnding

from tests.unit.replicas.replica_fakes import FakeEngine, container, gone, inspected, replica


def crew(engine: FakeEngine, **changed: Any) -> Crew:
    return Crew(engine, **{"check": lambda: None, **changed})


def perform(engine: FakeEngine, *steps: tuple[str, Any], **changed: Any) -> Any:
    plan = Plan(tuple(Step(action, getattr(data, "name", str(data)), data=data) for action, data in steps))
    return crew(engine, **changed).perform(plan, Found())


def test_every_restart_is_forbidden_before_the_first_is_stopped() -> None:
    engine = FakeEngine()
    perform(engine, ("retire", replica("a")), ("retire", replica("b")))
    assert engine.verbs() == ["policy no", "policy no", "stop 10", "stop 10"]


def test_one_that_crashes_at_just_that_moment_is_forbidden_to_restart_a_moment_later() -> None:
    engine = FakeEngine(fails={"policy no": ReplicaEnding("cannot update a stopped container")}, fails_times=2)
    perform(engine, ("retire", replica()))
    assert engine.verbs() == ["policy no", "policy no", "policy no", "stop 10"]


def test_pulls_come_before_anything_is_touched() -> None:
    engine = FakeEngine(fails={"pull": Unavailable("registry is down")})
    with pytest.raises(Unavailable):
        perform(engine, ("pull", "image"), ("remove", replica()), ("create", container()))
    assert engine.verbs() == ["pull"]


def test_what_is_removed_is_stopped_first_as_patiently_as_it_was_made() -> None:
    engine = FakeEngine()
    perform(engine, ("remove", replica(stop_timeout=25)))
    assert engine.verbs() == ["policy no", "stop 25", "remove"]


def test_a_timeout_of_the_call_goes_over_that_of_the_container() -> None:
    engine = FakeEngine()
    perform(engine, ("retire", replica()), timeouts={"api": 3})
    assert "stop 3" in engine.verbs()


def test_what_does_not_run_is_not_stopped() -> None:
    engine = FakeEngine()
    perform(engine, ("retire", replica(state="exited")), ("remove", replica("dead", state="dead")))
    assert sorted(engine.verbs()) == ["policy no", "remove"]


def test_one_that_vanishes_while_it_is_removed_is_no_error() -> None:
    engine = FakeEngine(describe=gone, fails={"policy no": NotFound("gone"), "stop 10": NotFound("gone")})
    assert perform(engine, ("remove", replica())).forced == frozenset()


@pytest.mark.parametrize(
    ("state", "forced"),
    [
        ({"ExitCode": 0}, set()),
        ({"ExitCode": 143}, set()),
        ({"ExitCode": 137}, {"shop-api-blue-1"}),
        ({"ExitCode": 137, "OOMKilled": True}, set()),
    ],
    ids=["ended well", "ended by SIGTERM", "ended by SIGKILL", "ended for want of memory"],
)
def test_who_had_to_be_killed_is_named(state: dict[str, Any], forced: set[str]) -> None:
    engine = FakeEngine(describe=lambda name: inspected(Status="exited", **state))
    assert perform(engine, ("retire", replica())).forced == forced


def test_secret_values_go_to_the_engine_and_into_no_label() -> None:
    engine = FakeEngine(fails={"start": Unavailable("stop here")})
    body = {"Env": ["A=b"], "Labels": {"x": "y"}, "HostConfig": {}}
    with pytest.raises(Unavailable):
        perform(engine, ("create", container(body=body, secrets={"KEY": "hunter22"})))
    assert engine.bodies == [{"Env": ["A=b", "KEY=hunter22"], "Labels": {"x": "y"}, "HostConfig": {}}]


def test_a_retired_one_comes_back_after_a_reboot_again() -> None:
    engine = FakeEngine(fails={"start": Unavailable("stop here")})
    with pytest.raises(Unavailable):
        perform(engine, ("start", container()))
    assert engine.verbs() == ["policy unless-stopped", "start"]


def test_one_failure_does_not_keep_the_others_from_being_tried() -> None:
    engine = FakeEngine(fails={"stop 10": Unavailable("busy")})
    with pytest.raises(Unavailable):
        perform(engine, ("retire", replica("a")), ("retire", replica("b")))
    assert engine.verbs().count("stop 10") == 2


@pytest.mark.parametrize("allowed", range(5))
def test_a_run_that_loses_the_lock_does_nothing_more(allowed: int) -> None:
    engine, left = FakeEngine(), [allowed]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise FencedOff("a newer run wrote here")

    with pytest.raises(MainstayError):
        perform(engine, ("remove", replica()), ("create", container()), check=check)
    assert len(engine.asked) == allowed
