"""Waiting for health, and giving up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import FencedOff
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import Answer, Cause, Endpoint, Trouble
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.model import (
    Container,
    Health,
    ReplicaCrashed,
    ReplicaNotHealthy,
)
from ansible_collections.mainstay.ops.plugins.module_utils._replicas.watch import Abandoned, Watch, Watched, answering, endpoint

from tests.unit.replicas.replica_fakes import FakeEngine, container, inspected

WELL = Answer(status=200, body=b'{"version": "v1"}')
REFUSED = Answer(trouble=Trouble(Cause.REFUSED, "Connection refused"))
HEALTH = Health(healthy=2, interval=0.01, deadline=0.2, version="v1")


def watched(ask: Callable[[Endpoint], Answer], engine: FakeEngine | None = None, **changed: Any) -> Watched:
    watch = Watch(engine or FakeEngine(), lambda: None, ask=ask)
    return watch.all([container(**{"health": HEALTH, **changed})], {})[0]


def test_right_answers_in_a_row_make_it_healthy() -> None:
    answers = [WELL, REFUSED, WELL, WELL]
    one = watched(lambda asked: answers.pop(0))
    assert (one.failure, answers) == (None, [])
    assert one.healthy_after is not None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(status=500, body=b"out of order"), "status 500, not 200; last answer 500 'out of order'"),
        (Answer(status=200, body=b'{"version": "v0"}'), "version is 'v0', not 'v1'"),
        (REFUSED, "Connection refused; it never answered"),
    ],
)
def test_one_that_is_never_well_is_named_with_what_it_said_last(answer: Answer, why: str) -> None:
    failure = watched(lambda asked: answer, FakeEngine(written=b"starting\nwaiting for the database\n")).failure
    assert isinstance(failure, ReplicaNotHealthy)
    for part in (why, "shop-api-blue-1", "127.0.0.1:21000/health", "within 0.2 s", "waiting for the database"):
        assert part in failure.message


AGAIN = {"RestartCount": 1}
"""It runs again, and the Engine knows no more how it ended."""
ENDED = {"ExitCode": 3, "Status": "restarting", "RestartCount": 1}


@pytest.mark.parametrize(
    ("states", "how"),
    [
        ([{"ExitCode": 3, "Status": "exited"}], "ended with exit code 3"),
        ([ENDED], "ended with exit code 3"),
        ([AGAIN, AGAIN, ENDED], "ended with exit code 3"),
        ([AGAIN], "ended and was started again"),
    ],
)
def test_one_that_ended_fails_long_before_its_deadline(states: list[dict[str, Any]], how: str) -> None:
    coming = iter(states)
    engine = FakeEngine(describe=lambda name: inspected(**next(coming, states[-1])), written=b"no configuration")
    begin = time.monotonic()
    failure = watched(lambda asked: REFUSED, engine, health=Health(deadline=60)).failure
    assert time.monotonic() - begin < 10
    assert isinstance(failure, ReplicaCrashed)
    assert how in failure.message
    assert "no configuration" in failure.message
    assert failure.details["last_words"] == [{"replica": "api 1", "container": "shop-api-blue-1", "lines": ["no configuration"]}]


def test_restarts_of_days_ago_are_no_crash() -> None:
    engine = FakeEngine(describe=lambda name: inspected(RestartCount=4))
    answers = [REFUSED, WELL, WELL]
    watch = Watch(engine, lambda: None, ask=lambda asked: answers.pop(0))
    assert watch.all([container(health=HEALTH)], {"shop-api-blue-1": 4})[0].failure is None


def test_a_crash_ends_the_waiting_for_all() -> None:
    def ask(asked: Endpoint) -> Answer:
        return REFUSED if asked.name == "b" else Answer(status=500)

    patient = Health(deadline=60, interval=0.01)
    engine = FakeEngine(describe=lambda name: inspected(name, Status="exited"))
    begin = time.monotonic()
    both = Watch(engine, lambda: None, ask=ask).all([container("a", health=patient), container("b", health=patient)], {})
    assert time.monotonic() - begin < 5
    assert [type(one.failure) for one in both] == [Abandoned, ReplicaCrashed]


def test_a_run_that_lost_the_lock_stops_waiting() -> None:
    def check() -> None:
        raise FencedOff("a newer run wrote here")

    watch = Watch(FakeEngine(), check, ask=lambda asked: REFUSED)
    assert isinstance(watch.all([container(health=Health(deadline=60))], {})[0].failure, FencedOff)


def test_neither_answers_nor_logs_give_a_secret_away() -> None:
    engine = FakeEngine(written=b"key hunter22")
    answer = Answer(status=500, body=b"bad key hunter22")
    failure = watched(lambda asked: answer, engine, secrets={"KEY": "hunter22"}).failure
    assert failure is not None
    assert "hunter22" not in f"{failure.message} {failure.details}"


def test_who_answers_rightly_is_known_after_one_question() -> None:
    asked: list[str] = []

    def ask(one: Endpoint) -> Answer:
        asked.append(one.name)
        return WELL if one.name == "a" else Answer(status=500)

    assert answering([container("a", health=HEALTH), container("b", health=HEALTH)], ask) == {"a"}
    assert sorted(asked) == ["a", "b"]
    assert answering([], ask) == frozenset()


def test_it_is_asked_for_what_its_service_describes() -> None:
    asked = endpoint(Container("n", "api", 1, 5000, "i", "r", "c", {}, Health("/up", (204,), {"db": "ok"}, version="v1")))
    assert (asked.target.port, asked.target.path, asked.status, asked.json, asked.version) == (
        5000, "/up", (204,), {"db": "ok"}, "v1",
    )  # fmt: skip
