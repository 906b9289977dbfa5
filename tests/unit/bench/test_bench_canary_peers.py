"""The peers of the canary's check do what their documentation says, or a ratio to them would mean nothing."""

from __future__ import annotations

import random

from ansible_collections.mainstay.ops.bench.canary_peers import at_every_interval, at_the_end, is_higher

HOUR = 3600


def test_five_bad_minutes_are_five_minutes() -> None:
    assert at_every_interval([(1, 0)] * HOUR, each=10) == 300


def test_a_success_rate_of_99_percent_is_good_enough() -> None:
    assert at_every_interval([(1, 0)] + [(0, 0)] * (HOUR - 1), each=10) == HOUR
    assert at_every_interval(([(1, 0)] * 6 + [(0, 0)] * 54) * 60, each=10) == HOUR


def test_the_last_verdict_comes_after_fifty_points() -> None:
    dice = random.Random(3)
    bad = [(int(dice.random() < 0.5), int(dice.random() < 0.01)) for _ in range(HOUR)]
    assert at_the_end(bad, 10) == 3000
    assert at_the_end([(live, live) for _canary, live in bad], 10) == HOUR


def test_equal_and_constant_series_are_not_higher() -> None:
    assert not is_higher([1, 2, 3, 4] * 10, [1, 2, 3, 4] * 10)
    assert not is_higher([0] * 50, [0] * 50)
    assert is_higher([5, 6, 7, 8] * 10, [1, 2, 3, 4] * 10)
