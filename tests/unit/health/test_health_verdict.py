"""From probes to a verdict: no data is never a pass."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._health.model import Cause, Endpoint, Target, Trial, Trouble
from ansible_collections.mainstay.ops.plugins.module_utils._health.verdict import excerpt, judge, percentile, verdict_of
from hypothesis import given
from hypothesis import strategies as st

RIGHT = Trial(0.01, None, 200, "{}")
SICK = Trial(0.02, Trouble(Cause.APPLICATION, "status 500, not 200"), 500)
REFUSED = Trial(0.001, Trouble(Cause.REFUSED, "refused"))
LATE = Trial(5.0, Trouble(Cause.TIMEOUT, "late"))
NO_ROUTE = Trial(5.0, Trouble(Cause.UNREACHABLE, "no route"))
NO_NAME = Trial(0.1, Trouble(Cause.DNS, "no such name"))
ENDPOINT = Endpoint("api", Target("http", "app1", 80, "/"))


@pytest.mark.parametrize(
    ("trail", "healthy", "verdict"),
    [
        ((RIGHT,), 1, Verdict.PASS),
        ((RIGHT, RIGHT, RIGHT), 3, Verdict.PASS),
        ((SICK, REFUSED, NO_NAME, RIGHT, RIGHT), 2, Verdict.PASS),
        ((), 1, Verdict.INCONCLUSIVE),
        ((RIGHT, RIGHT), 3, Verdict.INCONCLUSIVE),
        ((NO_NAME, NO_NAME), 1, Verdict.INCONCLUSIVE),
        ((NO_ROUTE,), 1, Verdict.INCONCLUSIVE),
        ((RIGHT, NO_ROUTE, RIGHT), 2, Verdict.INCONCLUSIVE),
        ((RIGHT, NO_ROUTE), 1, Verdict.INCONCLUSIVE),
        ((SICK,), 1, Verdict.FAIL),
        ((REFUSED,), 1, Verdict.FAIL),
        ((LATE,), 1, Verdict.FAIL),
        ((RIGHT, RIGHT, SICK), 2, Verdict.FAIL),
        ((SICK, RIGHT), 2, Verdict.FAIL),
        ((SICK, NO_ROUTE), 1, Verdict.FAIL),
    ],
)
def test_the_verdict_rests_on_what_was_heard(trail: tuple[Trial, ...], healthy: int, verdict: Verdict) -> None:
    assert verdict_of(trail, healthy) is verdict


@given(st.lists(st.sampled_from([SICK, REFUSED, LATE, NO_ROUTE, NO_NAME]), max_size=20), st.integers(1, 5))
def test_without_a_right_answer_nothing_passes(trail: list[Trial], healthy: int) -> None:
    assert verdict_of(tuple(trail), healthy) is not Verdict.PASS


def test_a_result_tells_the_last_error_and_whom_to_blame() -> None:
    result = judge(ENDPOINT, (REFUSED, RIGHT, SICK, NO_ROUTE), 1)
    assert (result.verdict, result.cause, result.error) == (Verdict.FAIL, Cause.UNREACHABLE, "no route")
    assert (result.attempts, result.consecutive, result.p50_ms, result.p95_ms) == (4, 0, 10.0, 20.0)


def test_one_that_recovered_has_no_cause_but_tells_its_last_error() -> None:
    result = judge(ENDPOINT, (REFUSED, RIGHT), 1)
    assert (result.verdict, result.cause, result.error, result.consecutive) == (Verdict.PASS, Cause.NONE, "refused", 1)


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert percentile([], 0.5) is None
    assert percentile([n / 1000 for n in range(1, 101)], 0.95) == 95.0
    assert percentile([0.003, 0.001, 0.002], 0.5) == 2.0


@given(st.binary(max_size=2000))
def test_an_excerpt_is_one_short_printable_line(body: bytes) -> None:
    text = excerpt(body)
    assert len(text) <= 500
    assert text.isprintable()


def test_an_excerpt_hides_a_secret_even_across_its_end() -> None:
    assert "hunter" not in excerpt(b"x" * 495 + b"hunter22 and more", ["hunter22"])
