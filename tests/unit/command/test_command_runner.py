"""A command from its start to its end, with an Engine in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._command.model import Command, CommandFailed, CommandTimedOut, Ended
from ansible_collections.mainstay.ops.plugins.module_utils._command.runner import Runner
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Failed, FencedOff, MainstayError
from ansible_collections.mainstay.ops.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import Scope

from tests.unit.replicas.replica_fakes import FakeEngine, gone, inspected

RUN = Plan((Step("run", "shop-command-migrate"),))


def command(**changed: Any) -> Command:
    values = {
        "scope": Scope("production", "shop"),
        "name": "shop-command-migrate",
        "text": "'up'",
        "image": "shop/api@sha256:1",
        "release": "v2-2",
        "config": "c2",
        "body": {"Env": [], "StopTimeout": 3},
        "timeout": 1e12,
        "lines": 100,
    }
    return Command(**{**values, **changed})


def states(*several: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    """One state after the other; the last stays."""
    remaining = list(several)
    return lambda name: inspected(name, **(remaining.pop(0) if len(remaining) > 1 else remaining[0]))


def perform(engine: FakeEngine, wanted: Command | None = None, check: Callable[[], None] = lambda: None) -> Ended:
    return Runner(engine, check).perform(wanted or command(), RUN)


def test_it_is_stayed_with_to_its_end_and_cleared_away() -> None:
    engine = FakeEngine(describe=states({}, {}, {"Status": "exited"}), written=b"done\n")
    ended = perform(engine, command(secrets={"KEY": "hunter22"}))
    assert (ended.exit_code, ended.output) == (0, ("done",))
    assert engine.verbs() == ["create", "start", "remove"]
    assert engine.bodies[0]["Env"] == ["KEY=hunter22"]


def test_one_that_fails_is_cleared_away_and_quoted_without_its_secret() -> None:
    engine = FakeEngine(describe=states({"Status": "exited", "ExitCode": 4}), written=b"bad key hunter22\n")
    with pytest.raises(CommandFailed, match=r"(?s)exit code 4.*bad key \*\*\*") as caught:
        perform(engine, command(secrets={"KEY": "hunter22"}))
    assert caught.value.details == {"exit_code": 4, "output": ["bad key ********"]}
    assert engine.verbs()[-1] == "remove"


def test_one_that_needs_too_much_memory_is_told_so() -> None:
    with pytest.raises(CommandFailed, match="more than its memory"):
        perform(FakeEngine(describe=states({"Status": "exited", "ExitCode": 137, "OOMKilled": True})))


def test_one_that_takes_too_long_is_stopped_before_it_is_removed() -> None:
    engine = FakeEngine(written=b"waiting for a lock\n")
    with pytest.raises(CommandTimedOut, match=r"(?s)within 0 s.*waiting for a lock"):
        perform(engine, command(timeout=0))
    assert engine.verbs() == ["create", "start", "stop 3", "remove"]


def test_one_that_does_not_start_leaves_nothing() -> None:
    engine = FakeEngine(fails={"start": Failed("no such network")})
    with pytest.raises(Failed, match="no such network"):
        perform(engine)
    assert engine.verbs() == ["create", "start", "remove"]


def test_a_run_that_lost_the_lock_leaves_the_command_running_for_the_next() -> None:
    engine = FakeEngine()
    allowed: Iterator[bool] = iter([True, True, True])

    def check() -> None:
        if not next(allowed, False):
            raise FencedOff("a newer run wrote here")

    with pytest.raises(FencedOff):
        perform(engine, check=check)
    assert engine.verbs() == ["create", "start"]


def test_one_that_somebody_removes_is_not_waited_for() -> None:
    with pytest.raises(MainstayError, match="was removed while"):
        perform(FakeEngine(describe=gone))
