"""The latency of a canary: fair bets, a slower one found, an equal one passed, and nothing proven by what was not seen.

Simulations print what they measure, ``pytest -s`` shows it. A few here, 10,000 equal canaries in ``make test-faults``.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.verdict import Verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge import verdict
from ansible_collections.mainstay.ops.plugins.module_utils._judge.evidence import average
from ansible_collections.mainstay.ops.plugins.module_utils._judge.latency import Latencies
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Demand, Histogram, Spread
from ansible_collections.mainstay.ops.plugins.module_utils._judge.power import threshold

from tests.unit.judge.latency_load import FINE, USUAL, Load, Times, watched

FULL = bool(os.environ.get("MAINSTAY_FULL"))
DEMAND = Demand()
LIVE = Times()
TABLE = Path(__file__).parents[3] / "docs" / "checks.md"


def failed_at(
    load: Load, canary: Times, seed: int, most: int, bad: Callable[[int], Times | None] = lambda _second: None
) -> int | None:
    """The second in which the canary is failed."""
    looks = watched(load, canary, LIVE, random.Random(seed), most, bad)
    return next((second for second, seen in looks if seen.worst >= threshold(DEMAND)), None)


def after(*spreads: Spread, demand: Demand = DEMAND) -> Latencies:
    seen = Latencies("latency", demand)
    for spread in spreads:
        seen = seen.after({"prometheus": spread})
    return seen


def scraped(requests: int, *within: int, scrapes: int = verdict.SCRAPES) -> Histogram:
    """Answers within 100, 200 and 500 ms."""
    return Histogram(requests, dict(zip((0.1, 0.2, 0.5), within, strict=True)), scrapes)


EQUAL = Spread(scraped(100, 50, 90, 99), scraped(100, 50, 90, 99))


def test_the_bets_of_all_quantiles_together_are_fair() -> None:
    """Over every way in which both sides' answers can fall into buckets, one block, then another that depends on it."""
    shares = (0.5, 0.3, 0.2)

    def ways(answers: int) -> list[tuple[Histogram, float]]:
        fallen = [(a, b) for a, b in product(range(answers + 1), repeat=2) if a + b <= answers]
        return [(Histogram(answers, {0.1: a, 0.2: a + b}, 9), chance(answers, a, b)) for a, b in fallen]

    def chance(answers: int, a: int, b: int) -> float:
        c = answers - a - b
        return math.comb(answers, a) * math.comb(answers - a, b) * math.prod(s**n for s, n in zip(shares, (a, b, c), strict=True))

    def worth(seen: Latencies) -> float:
        return math.exp(average([one.log for one in seen.evidence]))

    begun = replace(after(Spread(Histogram(9, {0.1: 4, 0.2: 9}, 9), Histogram(9, {0.1: 5, 0.2: 8}, 9))))
    expected = math.fsum(
        c * d * worth(begun.after({"prometheus": Spread(canary, live)})) for canary, c in ways(5) for live, d in ways(6)
    )
    assert expected <= worth(begun) * (1 + 1e-9)
    assert expected >= worth(begun) * 0.9, "of which the cap of a block takes a little"


@pytest.mark.parametrize(
    ("spreads", "expected", "why"),
    [
        ([], Verdict.INCONCLUSIVE, "no answers of the canary, no answers of the live side"),
        ([EQUAL], Verdict.INCONCLUSIVE, "more answers are needed for a verdict"),
        ([EQUAL] * 60, Verdict.PASS, "p50 100 ms, p90 200 ms, p99 500 ms in 6000 answers of the canary"),
        ([Spread(scraped(100, 20, 60, 95), scraped(100, 50, 90, 99))] * 9, Verdict.FAIL, "longer than 200 ms took 40.00% of the"),
        ([Spread(scraped(100, 80, 99, 100), scraped(100, 50, 90, 99))] * 60, Verdict.PASS, ""),
        ([Spread(scraped(100, 0, 0, 100), scraped(100, 0, 0, 100))] * 90, Verdict.INCONCLUSIVE, "use finer buckets"),
        ([Spread(scraped(100, 0, 2, 98), scraped(100, 0, 2, 98))] * 90, Verdict.INCONCLUSIVE, "96% of the live side's answers"),
        ([Spread(Histogram(100, {}, 9), Histogram(100, {}, 9))] * 90, Verdict.INCONCLUSIVE, "use finer buckets"),
        ([Spread(Histogram(100, {0.1: 50}, 9), Histogram(100, {0.2: 50}, 9))] * 90, Verdict.INCONCLUSIVE, "use finer buckets"),
        ([Spread(scraped(100, 50, 90, 99), Histogram())] * 90, Verdict.INCONCLUSIVE, "no answers"),
        (
            [Spread(scraped(100, 0, 0, 0, scrapes=1), scraped(100, 50, 90, 99, scrapes=0))] * 90,
            Verdict.INCONCLUSIVE,
            "no answers",
        ),
    ],
)
def test_from_spreads_to_a_verdict(spreads: Sequence[Spread], expected: Verdict, why: str) -> None:
    result = after(*spreads).compared()
    assert (result.verdict, why in result.told) == (expected, True), result.told


def test_what_falls_over_one_edge_is_never_enough() -> None:
    """Whatever a block says, two cannot fail a canary."""
    awful = Spread(scraped(10_000, 0, 0, 0), scraped(10_000, 10_000, 10_000, 10_000))
    assert after(awful, awful).compared().verdict is not Verdict.FAIL
    assert after(awful, awful, awful).compared().verdict is Verdict.FAIL


def test_a_block_waits_for_every_target_to_be_scraped_several_times() -> None:
    once = Spread(scraped(100, 50, 90, 99, scrapes=1), scraped(100, 50, 90, 99, scrapes=1))
    assert [after(*[once] * n).total.requests for n in (1, 2, 3, 4)] == [0, 0, 600, 600]


def test_metrics_that_are_watched_at_once_need_more_answers() -> None:
    one, ten = (after(EQUAL).compared(metrics).needed for metrics in (1, 10))
    assert one
    assert ten
    assert one < ten


def slower(kind: str) -> Times:
    return LIVE.tailed(1.5) if kind == "tail" else LIVE.stretched(1.5)


ROWS = [("stretched", 10, 1), ("stretched", 100, 1), ("stretched", 10, 15), ("tail", 10, 1), ("tail", 100, 1), ("tail", 10, 15)]


@pytest.mark.parametrize(("kind", "each", "pause"), ROWS)
def test_a_p99_half_as_long_again_is_found_as_soon_as_the_guide_says(kind: str, each: int, pause: int) -> None:
    """The 95th of a hundred canaries with the same errors, at so many answers of each side in a second."""
    runs = 100 if FULL else 20
    load = Load((each, each), pause, pause // 2)
    times = sorted(failed_at(load, slower(kind), seed, 900) or 900 for seed in range(runs))
    median, late = times[runs // 2], times[int(0.95 * runs)]
    print(f"\np99 +50 % ({kind}), {each} answers/s a side, scraped every {pause} s: median {median} s, p95 {late} s")
    row = next(line for line in TABLE.read_text().splitlines() if line.startswith(f"| {SHAPES[kind]} | {each} | {pause} s |"))
    told = int(row.split("|")[4].split()[0])
    assert late <= told, row
    assert late >= told / 2, f"the guide is too careful: {row}"


SHAPES = {"stretched": "every answer half as long again", "tail": "the p99 half as long again, the median as before"}


def test_a_canary_as_fast_is_seldom_failed() -> None:
    """With a look each second for two minutes."""
    runs = 10_000 if FULL else 60
    alarms = sum(failed_at(Load(), LIVE, seed, 120) is not None for seed in range(runs))
    print(f"\n{alarms} of {runs} equal canaries were failed ({alarms / runs:.2%})")
    assert alarms <= runs * DEMAND.false_alarms


def during(begin: int, end: int, second: int) -> Times | None:
    return LIVE.stretched(5) if begin <= second < end else None


@pytest.mark.parametrize(("pause", "late"), [(1, 0), (5, 2), (15, 7)])
def test_trouble_of_both_sides_fails_no_canary_although_they_are_scraped_one_after_the_other(pause: int, late: int) -> None:
    """Answers take five times as long for a while, all at once. Without the cap of a block, 18 of 100 at 15 s were failed."""
    runs = 500 if FULL else 15
    alarms = 0
    for seed in range(runs):
        dice = random.Random(seed)
        begin, length = dice.randrange(60, 200), dice.choice((2, 5, 30, 60))
        load = Load((20, 20), pause, late)
        alarms += failed_at(load, LIVE, seed, 300, partial(during, begin, begin + length)) is not None
    print(f"\nscraped every {pause} s, the canary {late} s later: {alarms} of {runs} were failed ({alarms / runs:.2%})")
    assert alarms <= max(1, runs * DEMAND.false_alarms)


@pytest.mark.parametrize("buckets", [USUAL, FINE])
def test_a_rise_that_is_to_be_found_is_found_before_a_pass(buckets: tuple[float, ...]) -> None:
    """As often as the power says; the p99 has the odds that were asked for, the median is as before."""
    runs, found = (1000 if FULL else 30), 0
    load = Load((10, 10), buckets=buckets)
    for seed in range(runs):
        looks = watched(load, LIVE.tailed(1.5), LIVE, random.Random(seed), 900)
        found += next(v for _second, seen in looks if (v := seen.compared().verdict) is not Verdict.INCONCLUSIVE) is Verdict.FAIL
    print(f"\n{found} of {runs} slower canaries were failed before a pass")
    assert found >= runs * DEMAND.power - 2
