"""From counters to answers: restarts, gaps and new series lose and invent nothing."""

from __future__ import annotations

import math

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Unavailable
from ansible_collections.mainstay.ops.plugins.module_utils._judge.counters import between, moved, remembered, slower
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Count, Counters, Seen

ONE, OTHER = (("replica", "1"),), (("replica", "2"),)


@pytest.mark.parametrize(
    ("before", "now", "answers"),
    [
        ({ONE: 10}, {ONE: 17}, 7),
        ({ONE: 10, OTHER: 5}, {ONE: 11, OTHER: 8}, 4),
        ({ONE: 10}, {ONE: 3}, 3),  # started again
        ({ONE: 10, OTHER: 50}, {ONE: 20, OTHER: 5}, 15),  # one of two started again, which a sum of both would hide
        ({ONE: 10}, {ONE: 10, OTHER: 4}, 4),  # a new one
        ({ONE: 10}, {}, 0),  # gone
    ],
)
def test_what_was_answered_between_two_looks(before: Counters, now: Counters, answers: int) -> None:
    assert moved(before, now) == answers


def test_a_series_that_was_missing_from_one_look_counts_on_from_where_it_was() -> None:
    looks: list[Counters] = [{ONE: 1000.0}, {OTHER: 1.0}, {ONE: 1003.0, OTHER: 1.0}]
    first, gap, third = (Seen(counters, (counters,)) for counters in looks)
    assert between(remembered(first, gap), third) == (Count(3, 3),)


def test_more_bad_answers_than_answers_are_never_told() -> None:
    """Two counters of one page may be a moment apart."""
    assert between(Seen({ONE: 0}, ({ONE: 0},)), Seen({ONE: 4}, ({ONE: 5},))) == (Count(4, 4),)


def buckets(**most: float) -> Counters:
    return {(("le", bound.strip("_").replace("_", ".")), ("replica", "1")): value for bound, value in most.items()}


def test_a_histogram_tells_what_was_slower_than_each_bound() -> None:
    seen = slower(buckets(_0_1=90, _0_5=99, _Inf=100))
    assert seen.bounds == (0.1, 0.5)
    assert [list(bad.values()) for bad in seen.bad] == [[10], [1]]
    assert list(seen.requests.values()) == [100]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({ONE: 5.0}, "has no bound"),
        (buckets(_0_1=5), r"up to \+Inf, and these go to 0.1"),
        (buckets(_Inf=5), r"up to \+Inf, and these go to 0"),
        ({(("le", "soon"),): 5.0}, "has no bound"),
    ],
)
def test_what_is_no_histogram_is_refused(found: Counters, why: str) -> None:
    with pytest.raises(Unavailable, match=why):
        slower(found)


def test_errors_have_one_bound_that_nothing_is_slower_than() -> None:
    assert Seen({}, ({},)).bounds == (math.inf,)
