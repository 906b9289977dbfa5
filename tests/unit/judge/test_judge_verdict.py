"""From blocks to a verdict: no data is never a pass, and what was once found is not forgotten."""

from __future__ import annotations

import random

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt, InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Block, Count, Demand
from ansible_collections.mainstay.ops.plugins.module_utils._judge.power import needed
from ansible_collections.mainstay.ops.plugins.module_utils._judge.verdict import Comparison, compared, comparison

DEMAND = Demand()
EQUAL = Block(Count(10), Count(10))
SICK = Block(Count(10, 2), Count(10))


def seen(*blocks: Block, demand: Demand = DEMAND) -> Comparison:
    watch = comparison("errors", demand)
    for block in blocks:
        watch = watch.after((block,))
    return watch


def test_nothing_seen_is_inconclusive_and_says_what_is_missing() -> None:
    result = compared(seen())
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "no answers" in result.told
    assert f"{result.needed} more answers" in result.told


def test_enough_equal_answers_pass() -> None:
    result = compared(seen(*[EQUAL] * 60))
    assert (result.verdict, result.chance) == (Verdict.PASS, 1.0)
    assert result.told == "0 of 600 bad (0.00%) of the canary, 0 of 600 bad (0.00%) of the live side"


def test_one_side_alone_never_passes() -> None:
    alone = Block(Count(100), Count())
    assert compared(seen(*[alone] * 40)).verdict is Verdict.INCONCLUSIVE


def test_a_sick_canary_fails_before_there_are_enough_answers_for_a_pass() -> None:
    result = compared(seen(*[SICK] * 8))
    assert result.verdict is Verdict.FAIL
    assert result.chance <= DEMAND.false_alarms
    assert result.canary.requests + result.live.requests < result.needed


def test_a_canary_that_was_found_sick_stays_so() -> None:
    """Also when the live side has become worse since."""
    turned = Block(Count(10), Count(10, 5))
    assert compared(seen(*[SICK] * 8, *[turned] * 50)).verdict is Verdict.FAIL


def test_metrics_that_are_watched_at_once_share_the_false_alarms() -> None:
    """What is enough for one is not enough for one of a hundred."""
    few = next(watch for n in range(1, 20) if compared(watch := seen(*[SICK] * n)).verdict is Verdict.FAIL)
    assert compared(few, metrics=100).verdict is not Verdict.FAIL


def test_a_slow_canary_is_found_at_the_bound_that_shows_it() -> None:
    """Its errors are equal, and so is the share of answers slower than 100 ms; that slower than a second is not."""
    watch = comparison("latency", DEMAND, (0.1, 1.0))
    for _ in range(30):
        watch = watch.after((Block(Count(20, 10), Count(20, 10)), Block(Count(20, 2), Count(20, 0))))
    result = compared(watch)
    assert (result.verdict, result.bound) == (Verdict.FAIL, 1.0)
    assert "slower than 1000 ms" in result.told


def some(answers: int, share: float, dice: random.Random) -> Count:
    return Count(answers, sum(dice.random() < share for _ in range(answers)))


@pytest.mark.parametrize(("base", "share"), [(0.001, 0.5), (0.01, 0.5), (0.05, 0.1)])
def test_a_rise_that_is_to_be_detected_is_found_before_a_pass(base: float, share: float) -> None:
    """As often as the power says, of a hundred canaries."""
    dice = random.Random(11)
    total = needed(DEMAND, base, share)
    sides = (round(100 * share), round(100 * (1 - share)))
    found = 0
    for _ in range(100):
        looks = (Block(some(sides[0], base + DEMAND.detects, dice), some(sides[1], base, dice)) for _ in range(-(-total // 100)))
        found += compared(seen(*looks)).verdict is Verdict.FAIL
    assert found >= 100 * DEMAND.power - 3


def test_more_errors_and_less_traffic_need_more_answers() -> None:
    assert needed(DEMAND, 0.2, 0.5) > needed(DEMAND, 0.01, 0.5)
    assert needed(DEMAND, 0.01, 0.05) > needed(DEMAND, 0.01, 0.5)
    assert needed(Demand(detects=0.01), 0.01, 0.5) > needed(DEMAND, 0.01, 0.5)


@pytest.mark.parametrize("count", [(1, 2), (-1, 0), (3, -1)])
def test_counters_that_do_not_belong_together_are_refused(count: tuple[int, int]) -> None:
    with pytest.raises(Corrupt, match="do not belong together"):
        Count(*count)


@pytest.mark.parametrize("given", [{"false_alarms": 0.5}, {"detects": 0.0}, {"power": 1.0}, {"tolerance": 0.5}])
def test_demands_that_no_check_could_meet_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="allowed are"):
        Demand(**given)
