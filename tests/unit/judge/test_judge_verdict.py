"""From blocks to a verdict: no data is never a pass, and what was once found is not forgotten."""

from __future__ import annotations

import random

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Corrupt, InvalidInput
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Block, Compared, Count, Demand
from ansible_collections.mainstay.ops.plugins.module_utils._judge.power import needed
from ansible_collections.mainstay.ops.plugins.module_utils._judge.verdict import Comparison, compared

DEMAND = Demand()
EQUAL = Block(Count(10), Count(10))
SICK = Block(Count(10, 2), Count(10))


def seen(*blocks: Block, demand: Demand = DEMAND) -> Comparison:
    watch = Comparison("errors", demand)
    for block in blocks:
        watch = watch.after({"proxy1": block})
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


def test_answers_that_nothing_was_bet_on_do_not_count_towards_a_pass() -> None:
    """The canary's bad replica and the live side never answer between the same two looks, until the end."""
    alone = Block(Count(100, 100), Count())
    assert compared(seen(*[alone] * 40)).verdict is Verdict.INCONCLUSIVE
    assert compared(seen(*[alone] * 40)).canary.requests == 0
    assert compared(seen(*[alone] * 40, *[Block(Count(), Count(9))] * 2)).verdict is Verdict.FAIL


def test_a_block_stays_open_until_both_sides_have_answered_often_enough() -> None:
    slow = seen(*[Block(Count(1), Count(1))] * 4)
    assert slow.total.requests == 0
    assert slow.after({"proxy1": Block(Count(1), Count(1))}).total.requests == 10


def test_routers_that_share_their_traffic_differently_are_not_mixed() -> None:
    """Each has equal sides: one sends nine of ten requests to the canary and has errors, the other one of ten and has none."""
    watch = Comparison("errors", DEMAND)
    for _ in range(200):
        watch = watch.after({"proxy1": Block(Count(90, 9), Count(10, 1)), "proxy2": Block(Count(10), Count(90))})
    assert compared(watch).verdict is not Verdict.FAIL
    mixed = seen(*[Block(Count(100, 9), Count(100, 1))] * 200)
    assert compared(mixed).verdict is Verdict.FAIL, "which is what is avoided"


def test_a_sick_canary_fails_before_there_are_enough_answers_for_a_pass() -> None:
    result = compared(seen(*[SICK] * 8))
    assert result.verdict is Verdict.FAIL
    assert result.chance <= DEMAND.false_alarms
    assert result.needed
    assert result.canary.requests + result.live.requests < result.needed


def test_a_canary_that_was_found_sick_stays_so() -> None:
    """Also when the live side has become worse since."""
    turned = Block(Count(10), Count(10, 5))
    assert compared(seen(*[SICK] * 8, *[turned] * 50)).verdict is Verdict.FAIL


def test_where_all_is_bad_on_both_sides_nothing_can_be_learned() -> None:
    result = compared(seen(*[Block(Count(10, 10), Count(10, 10))] * 500))
    assert (result.verdict, result.needed) == (Verdict.INCONCLUSIVE, None)
    assert "could not be seen" in result.told


def test_metrics_that_are_watched_at_once_share_the_false_alarms() -> None:
    """What is enough for one is not enough for one of a hundred."""
    few = next(watch for n in range(1, 20) if compared(watch := seen(*[SICK] * n)).verdict is Verdict.FAIL)
    assert compared(few, metrics=100).verdict is not Verdict.FAIL


def some(answers: int, share: float, dice: random.Random) -> Count:
    return Count(answers, sum(dice.random() < share for _ in range(answers)))


def until_known(canary: float, live: float, each: tuple[float, float], dice: random.Random) -> Compared:
    """The first verdict, with so many answers of each side for a look on average, fewer than one of them too."""
    watch = Comparison("errors", DEMAND)
    while (result := compared(watch)).verdict is Verdict.INCONCLUSIVE:
        sides = (int(part) + (dice.random() < part % 1) for part in each)
        block = Block(some(next(sides), canary, dice), some(next(sides), live, dice))
        watch = watch.after({"proxy1": block})
    return result


@pytest.mark.parametrize(
    ("base", "each"), [(0.001, (50, 50)), (0.01, (10, 10)), (0.05, (10, 90)), (0.001, (0.8, 0.8)), (0.01, (0.8, 8))]
)
def test_a_rise_that_is_to_be_detected_is_found_before_a_pass(base: float, each: tuple[float, float]) -> None:
    """As often as the power says, of a hundred canaries, also with little traffic."""
    dice = random.Random(11)
    found = sum(until_known(base + DEMAND.detects, base, each, dice).verdict is Verdict.FAIL for _ in range(100))
    assert found >= 100 * DEMAND.power - 3


def test_more_errors_and_less_traffic_need_more_answers() -> None:
    assert needed(DEMAND, 0.2, 0.5) > needed(DEMAND, 0.01, 0.5)
    assert needed(DEMAND, 0.01, 0.05) > needed(DEMAND, 0.01, 0.5)
    assert needed(Demand(detects=0.01), 0.01, 0.5) > needed(DEMAND, 0.01, 0.5)


@pytest.mark.parametrize("count", [(1, 2), (-1, 0), (3, -1)])
def test_counters_that_do_not_belong_together_are_refused(count: tuple[int, int]) -> None:
    with pytest.raises(Corrupt, match="do not belong together"):
        Count(*count)


@pytest.mark.parametrize("given", [{"false_alarms": 0.5}, {"detects": 0.0}, {"power": 1.0}, {"power": float("nan")}])
def test_demands_that_no_check_could_meet_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="allowed are"):
        Demand(**given)
