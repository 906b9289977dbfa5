"""Many endpoints at once, each until it is healthy or the time is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Barrier, Event

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._health.check import check_all
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import (
    Answer,
    Cause,
    Endpoint,
    NoVerdict,
    Policy,
    Target,
    Trouble,
    Unhealthy,
)
from ansible_collections.mainstay.ops.plugins.module_utils._health.report import demand_pass, report
from ansible_collections.mainstay.ops.plugins.module_utils._health.threads import within

RIGHT, SICK = Answer(status=200), Answer(status=500)
NO_NAME = Answer(trouble=Trouble(Cause.DNS, "no such name"))


class JumpingClock:
    """Sleeping costs nothing here."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def endpoints(count: int = 1) -> list[Endpoint]:
    return [Endpoint(f"e{number}", Target("http", "app1", 80, "/")) for number in range(count)]


def telling(*answers: Answer) -> Iterator[Answer]:
    yield from answers
    while True:
        yield answers[-1]


@pytest.mark.parametrize(
    ("answers", "policy", "verdict", "attempts"),
    [
        ((RIGHT,), Policy(), Verdict.PASS, 1),
        ((SICK, SICK, RIGHT), Policy(), Verdict.PASS, 3),
        ((RIGHT, SICK, RIGHT), Policy(healthy=3), Verdict.PASS, 5),
        ((SICK,), Policy(deadline=0), Verdict.FAIL, 1),
        ((RIGHT,), Policy(healthy=2, deadline=0), Verdict.INCONCLUSIVE, 1),
        ((SICK,), Policy(deadline=10, interval=1, jitter=0), Verdict.FAIL, 11),
        ((NO_NAME,), Policy(deadline=2, interval=1, jitter=0), Verdict.INCONCLUSIVE, 3),
    ],
)
def test_it_asks_until_it_knows(answers: tuple[Answer, ...], policy: Policy, verdict: Verdict, attempts: int) -> None:
    source = telling(*answers)
    (result,) = check_all(endpoints(), policy, JumpingClock(), lambda endpoint: next(source))
    assert (result.verdict, result.attempts) == (verdict, attempts)


def test_all_are_asked_at_the_same_time_and_told_in_order() -> None:
    everybody = Barrier(100)

    results = check_all(endpoints(100), Policy(), ask=lambda endpoint: Answer(status=200 + 0 * everybody.wait(10)))
    assert [result.name for result in results] == [f"e{number}" for number in range(100)]


def test_nothing_to_check_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="nothing to check"):
        check_all([], Policy())


def test_two_of_one_name_are_an_error() -> None:
    with pytest.raises(InvalidInput, match="more than once: 'e0'"):
        check_all([*endpoints(), *endpoints()], Policy())


def test_too_many_are_an_error() -> None:
    with pytest.raises(InvalidInput, match="at most 1000"):
        check_all(endpoints(1001), Policy())


@pytest.mark.parametrize("policy", [{"healthy": 0}, {"healthy": 101}, {"deadline": 1e9}, {"interval": 0.0}, {"jitter": -1.0}])
def test_a_policy_that_makes_no_sense_is_refused(policy: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        Policy(**policy)  # type: ignore[arg-type]


def test_what_a_probe_raises_by_mistake_is_not_lost() -> None:
    with pytest.raises(ZeroDivisionError):
        check_all(endpoints(2), Policy(), ask=lambda endpoint: Answer(status=1 // 0))


@pytest.mark.parametrize(("answer", "error"), [(SICK, Unhealthy), (NO_NAME, NoVerdict)])
def test_what_did_not_pass_is_an_error_that_tells_all(answer: Answer, error: type[Exception]) -> None:
    results = check_all(endpoints(7), Policy(deadline=0), JumpingClock(), lambda endpoint: answer)
    with pytest.raises(error, match=r"7 of 7 endpoints did not pass within 0.1 s: e0: .*; and 2 more. Look at") as caught:
        demand_pass(results, report(results, 0.1))
    assert len(caught.value.details["endpoints"]) == 7  # type: ignore[attr-defined]


def test_if_all_passed_there_is_no_error() -> None:
    results = check_all(endpoints(2), Policy(), ask=lambda endpoint: RIGHT)
    demand_pass(results, report(results, 0.1))


def test_of_no_results_none_passed() -> None:
    with pytest.raises(NoVerdict):
        demand_pass([], report([], 0.1))


def test_work_that_hangs_holds_up_nobody() -> None:
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        within(0.05, lambda: Event().wait(30))
    assert time.monotonic() - begin < 1
