"""The bets are fair: a canary as good as the live side cannot be expected to lose any, whatever its rate of errors."""

from __future__ import annotations

import math
import random
import time

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._judge import evidence
from ansible_collections.mainstay.ops.plugins.module_utils._judge.evidence import RATIOS, Evidence, average, gain
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Block, Count
from hypothesis import given
from hypothesis import strategies as st

ALPHA = 0.01


def chance(total: int, bad: int, share: float) -> float:
    return math.comb(total, bad) * share**bad * (1 - share) ** (total - bad)


def expected(canary: int, live: int, shares: tuple[float, float], ratio: float) -> float:
    """What a bet of one unit is worth after the block, on average, exactly."""
    return math.fsum(
        chance(canary, a, shares[0]) * chance(live, b, shares[1]) * math.exp(gain(Block(Count(canary, a), Count(live, b)), ratio))
        for a in range(canary + 1)
        for b in range(live + 1)
    )


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 0.97])
@pytest.mark.parametrize(("canary", "live"), [(5, 5), (1, 9), (7, 2)])
def test_a_bet_against_an_equal_canary_is_fair(canary: int, live: int, share: float) -> None:
    assert [expected(canary, live, (share, share), ratio) for ratio in RATIOS] == pytest.approx([1] * len(RATIOS))


@given(st.floats(0.001, 0.4), st.floats(0, 1), st.sampled_from(RATIOS))
def test_a_bet_against_a_better_canary_loses(live: float, part: float, ratio: float) -> None:
    assert expected(4, 6, (live * part, live), ratio) <= 1 + 1e-9


def every_weight(canary: int, live: int, bad: int, ratio: float) -> float:
    """The logarithm of the whole sum, term by term."""
    ways = [
        evidence._ways(canary, n) + evidence._ways(live, bad - n) + n * math.log(ratio)
        for n in range(max(0, bad - live), min(canary, bad) + 1)
    ]
    return average(ways) + math.log(len(ways))


@given(st.integers(0, 800), st.integers(0, 800), st.floats(0, 1), st.sampled_from((1.0, *RATIOS)))
def test_a_sum_that_stops_where_nothing_is_added_is_the_whole_sum(canary: int, live: int, part: float, ratio: float) -> None:
    bad = round(part * (canary + live))
    assert evidence._normaliser(canary, live, bad, ratio) == pytest.approx(every_weight(canary, live, bad, ratio), abs=1e-9)


def test_the_slow_answers_of_a_busy_site_cost_milliseconds() -> None:
    """A hundred thousand answers of each side in a block, half of them slow; term by term it takes a second."""
    began = time.process_time()
    after = Evidence().after(Block(Count(100_000, 50_100), Count(100_000, 49_900)))
    took = time.process_time() - began
    print(f"\n{1000 * took:.1f} ms for a block of 200,000 answers")
    assert math.isfinite(after.log)
    assert took < 0.2


def test_no_bet_wins_more_in_a_block_than_it_may() -> None:
    block = Block(Count(100, 100), Count(100))
    assert Evidence().after(block, 1.5).log == pytest.approx(1.5)
    assert Evidence().after(block).log > 10


@pytest.mark.parametrize("block", [Block(Count(), Count(9, 3)), Block(Count(9, 3), Count()), Block(Count(9), Count(9))])
def test_one_side_alone_and_good_answers_alone_tell_nothing(block: Block) -> None:
    assert Evidence().after(block).log == pytest.approx(0)


def test_an_outage_that_hits_both_sides_tells_nothing() -> None:
    assert Evidence().after(Block(Count(500, 500), Count(70, 70))).log == pytest.approx(0)


def alarm(shares: tuple[float, float], dice: random.Random, looks: int) -> int | None:
    """The look at which the canary is failed, at ten answers of each side for a look."""
    bets = Evidence()
    for look in range(1, looks + 1):
        bad = [sum(dice.random() < share for _ in range(10)) for share in shares]
        bets = bets.after(Block(Count(10, bad[0]), Count(10, bad[1])))
        if bets.log >= math.log(1 / ALPHA):
            return look
    return None


def test_five_percent_of_errors_are_found_within_a_minute() -> None:
    dice = random.Random(5)
    found = sorted(alarm((0.05, 0.001), dice, 600) or 600 for _ in range(100))
    assert found[94] <= 60, "p95 in seconds, with a look each second"


def test_looking_all_the_time_raises_no_more_false_alarms_than_were_asked_for() -> None:
    dice = random.Random(7)
    alarms = sum(alarm((0.02, 0.02), dice, 100) is not None for _ in range(100))
    assert alarms <= 1, "of a hundred; benchmark canary counts ten thousand"
