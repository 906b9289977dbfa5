"""What is to be thought of what restored data answered."""

from __future__ import annotations

import re

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.checks import Check, judged
from ansible_collections.mainstay.ops.plugins.module_utils._backup.said import in_words
from ansible_collections.mainstay.ops.plugins.module_utils._backup.verification import recovery_point, recovery_time
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import InvalidInput


@pytest.mark.parametrize(
    ("check", "value", "verdict"),
    [
        (Check("a", "SELECT 1", expect="1"), 1, "pass"),
        (Check("a", "SELECT 1", expect="2"), 1, "fail"),
        (Check("a", "SELECT 1", expect="None"), None, "fail"),
        (Check("a", "SELECT 1", least=5), 5, "pass"),
        (Check("a", "SELECT 1", least=5), 4.9, "fail"),
        (Check("a", "SELECT 1", least=0), "none", "fail"),
        (Check("a", "SELECT 1", least=0), float("nan"), "fail"),
    ],
)
def test_an_answer_is_right_or_wrong(check: Check, value: object, verdict: str) -> None:
    assert judged(check, value).verdict == verdict


@pytest.mark.parametrize("given", [{}, {"expect": "1", "least": 1.0}])
def test_a_check_wants_exactly_one_thing(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="either expect or least"):
        Check("a", "SELECT 1", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("newest", "waited", "lost", "verdict"),
    [
        (990.0, 5.0, 10.0, "pass"),
        (999.0, 61.0, 61.0, "fail"),
        (900.0, 5.0, 100.0, "fail"),
        (900.0, None, 100.0, "inconclusive"),
        (990.0, None, 10.0, "pass"),
        (None, 5.0, 5.0, "pass"),
        (None, None, None, "inconclusive"),
    ],
)
def test_what_would_be_lost_is_compared_with_what_may_be(
    newest: float | None, waited: float | None, lost: float | None, verdict: str
) -> None:
    found, checked = recovery_point(60, newest, 1000.0, waited)
    assert (found, checked.verdict) == (lost, verdict)


@pytest.mark.parametrize(("target", "verdict"), [(10, "pass"), (9, "fail")])
def test_the_time_of_a_recovery_ends_when_the_server_has_answered(target: float, verdict: str) -> None:
    seconds, checked = recovery_time(target, {"restore": 6, "recover": 4, "replay": 3, "amcheck": 50})
    assert (seconds, checked.verdict) == (10, verdict)


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            "LOG:  last completed transaction was at log time 2026-05-03 11:00:00+00\n"
            "FATAL:  recovery ended before configured recovery target was reached\n",
            "ended at 2026-05-03 11:00:00\\+00.*choose an earlier target",
        ),
        ("PANIC:  could not locate a valid checkpoint record\n", "it said: could not locate a valid checkpoint record"),
        ("FATAL:  could not write: No space left on device\n", "the disk is full"),
        ("", "it said: nothing"),
    ],
)
def test_postgresqls_words_are_turned_into_ours(log: str, words: str) -> None:
    assert re.search(words, in_words(log))
