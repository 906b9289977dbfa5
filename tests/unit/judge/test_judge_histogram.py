"""What buckets tell of times, and what they do not."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._judge.histogram import crowd, nearest, quantile, summary
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Count, Histogram

TIMES = Histogram(100, {0.1: 40, 0.2: 90, 0.5: 98})


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [
        (TIMES, 0.5, 0.12),  # ten of the fifty answers between 100 and 200 ms
        (TIMES, 0.2, 0.05),
        (TIMES, 0.9, 0.2),
        (TIMES, 0.99, 0.5),  # in the bucket without an end
        (Histogram(), 0.5, None),
        (Histogram(0, {0.1: 0}), 0.5, None),
        (Histogram(5), 0.5, None),
        (Histogram(10, {0.0: 10, 1.0: 10}), 0.5, 0.0),
    ],
)
def test_a_quantile_is_that_of_histogram_quantile(times: Histogram, share: float, expected: float | None) -> None:
    assert quantile(times, share) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("times", "share", "bound"),
    [
        (TIMES, 0.5, 0.1),
        (TIMES, 0.9, 0.2),
        (TIMES, 0.99, 0.5),
        (Histogram(100, {0.1: 40, 0.2: 100}), 0.99, 0.1),  # a bound that parts nothing tells nothing
        (Histogram(100, {0.1: 0, 0.2: 100}), 0.5, None),
        (Histogram(), 0.5, None),
    ],
)
def test_the_bound_is_the_one_that_parts_most_nearly_as_the_quantile(times: Histogram, share: float, bound: float | None) -> None:
    assert nearest(times, share) == bound


@pytest.mark.parametrize(
    ("times", "share"),
    [(TIMES, 0.5), (Histogram(100, {0.1: 0, 0.2: 97}), 0.97), (Histogram(9, {0.1: 0}), 1.0), (Histogram(), 1.0)],
)
def test_a_crowd_in_one_bucket(times: Histogram, share: float) -> None:
    assert crowd(times) == pytest.approx(share)


def test_bounds_that_only_one_of_two_releases_has_are_left_out() -> None:
    old, new = Histogram(10, {0.1: 4, 0.5: 9}), Histogram(20, {0.1: 8, 0.25: 15, 0.5: 18})
    assert old + new == Histogram(30, {0.1: 12, 0.5: 27})
    assert Histogram() + new == new + Histogram() == new
    assert new - Histogram(5, {0.1: 3, 0.5: 5}) == Histogram(15, {0.1: 5, 0.5: 13})


def test_a_scrape_in_the_middle_of_an_answer_makes_no_negative_number() -> None:
    assert Histogram(0, {0.1: 1}).slower(0.1) == Count(0, 0)


def test_a_summary_has_what_a_plot_needs() -> None:
    assert summary(TIMES) == {"requests": 100, "p50": 0.12, "p90": 0.2, "p99": 0.5}
