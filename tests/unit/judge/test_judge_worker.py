"""What a worker has shown: a table of looks at it and the verdict."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._judge.described_workers import Described, Page, check
from ansible_collections.mainstay.ops.plugins.module_utils._judge.worker import Proof, Told, Worker, is_more, proven, told_of

PROOF = Proof(jobs=10, failures=0.2, stale=5.0, lag=100)
Look = tuple[float, float, float, float | None, float | None]


def seen(*looks: Look) -> Worker:
    """A worker after looks at (seconds, done, failed, waiting, heartbeat)."""
    worker = Worker("w")
    for at, done, failed, waiting, heartbeat in looks:
        worker = worker.after(Told(done, failed, waiting, heartbeat), at)
    return worker


@pytest.mark.parametrize(
    ("looks", "verdict", "told"),
    [
        ([(0, 50, 0, 0, 1), (4, 60, 0, 0, 2)], "pass", "10 jobs done, 0 failed"),
        ([(0, 50, 0, 0, 1), (4, 55, 5, 0, 2)], "pass", "5 jobs done, 5 failed"),
        ([(0, 50, 0, 0, 1), (4, 52, 8, 0, 2)], "fail", "8 of 10 jobs failed"),
        ([(0, 50, 0, 0, 1), (4, 57, 0, 0, 2), (5, 57, 13, 0, 3)], "fail", "13 of 20 jobs failed"),
        ([(0, 50, 0, 0, 1), (4, 53, 3, 0, 2)], "inconclusive", "6 of 10 jobs seen"),
        ([(0, 50, 0, 0, 1)], "inconclusive", "0 of 10 jobs seen"),
        ([(0, 50, 0, 0, 1), (4, 60, 0, 0, 1), (6, 70, 0, 0, 1)], "fail", "no heartbeat for 6 s"),
        ([(0, 50, 0, 0, 1), (6, 70, 0, 0, 2)], "pass", "20 jobs done, 0 failed"),
        ([(0, 50, 0, 0, None), (6, 70, 0, 0, None)], "inconclusive", "it tells of no heartbeat"),
        ([(0, 50, 0, 0, 1), (4, 60, 0, 101, 2)], "fail", "101 jobs wait, more than 100"),
        ([(0, 50, 0, 0, 1), (4, 60, 0, None, 2)], "inconclusive", "it does not tell how many jobs wait"),
        ([(0, 50, 0, 0, 1), (2, 3, 0, 0, 2), (4, 12, 0, 0, 3)], "fail", "it started again while it was watched"),
        ([], "inconclusive", "not looked at"),
    ],
)
def test_what_a_worker_shows_decides(looks: Sequence[Look], verdict: str, told: str) -> None:
    found = proven(seen(*looks), PROOF, looks[-1][0] if looks else 0.0)
    assert (found.verdict, found.told) == (verdict, told)


def test_jobs_that_fail_or_wait_count_in_the_end_only() -> None:
    worker = seen((0, 50, 0, 0, 1), (4, 50, 20, 500, 2))
    assert [proven(worker, PROOF, 4, finally_=final).verdict for final in (False, True)] == ["pass", "fail"]


@pytest.mark.parametrize(
    ("failed", "jobs", "share", "expected"),
    [
        (0, 0, 0.05, False),
        (1, 1, 0.05, False),
        (2, 2, 0.05, True),
        (5, 100, 0.05, False),
        (15, 100, 0.05, True),
        (1, 100, 0.0, True),
    ],
)
def test_few_failures_prove_nothing(failed: int, jobs: int, share: float, expected: bool) -> None:
    assert is_more(failed, jobs, share) is expected


def test_a_worker_that_fails_as_often_as_it_may_is_seldom_said_to_fail_more() -> None:
    chance = random.Random(7)
    alarms = sum(is_more(sum(chance.random() < 0.05 for _ in range(300)), 300, 0.05) for _ in range(2000))
    assert alarms <= 20


def test_a_worker_that_does_not_answer_has_not_passed_but_one_bad_look_is_forgotten() -> None:
    worker = seen((0, 50, 0, 0, 1), (4, 60, 0, 0, 2)).in_trouble("app1 did not answer")
    assert (proven(worker, PROOF, 4).verdict, proven(worker, PROOF, 4).told) == ("inconclusive", "app1 did not answer")
    assert proven(worker.after(Told(61, 0, 0, 3), 5), PROOF, 5).verdict == "pass"


def test_without_a_heartbeat_to_ask_for_none_is_missed() -> None:
    worker = seen((0, 50, 0, 0, None), (60, 70, 0, 0, None))
    assert proven(worker, replace(PROOF, asked=False), 60).verdict == "pass"


NAMES = {"done": "d", "failed": "f", "heartbeat": "h", "waiting": "w"}


def test_a_page_is_read_by_the_names_that_it_has() -> None:
    assert told_of({"d": 3.0, "h": 9.0, "x": 1.0}, NAMES) == Told(3.0, heartbeat=9.0)
    assert told_of({"d": 3.0, "h": float("nan")}, NAMES) == Told(3.0)
    assert told_of({"f": 3.0}, NAMES) is None, "a page without the jobs done tells nothing"


PAGE = Page("http://app1:21200/metrics", name="w")


@pytest.mark.parametrize(
    ("described", "why"),
    [
        (Described((), "d"), "at least one"),
        (Described((PAGE, PAGE), "d"), "different names"),
        (Described((PAGE,), "a b"), "is not the name of a metric"),
        (Described((PAGE,), "d", jobs=-1), "not a sensible number of jobs"),
        (Described((PAGE,), "d", failures=1.5), "not a sensible share"),
        (Described((PAGE,), "d", lag=5), "give waiting"),
        (Described((PAGE,), "d", stale="soon"), "is not a stale"),
    ],
)
def test_a_proof_that_proves_nothing_is_refused(described: Described, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        check(described)
