"""From counters to answers: restarts, gaps and new servers lose and invent nothing."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._judge.counters import between, moved, remembered
from ansible_collections.mainstay.ops.plugins.module_utils._judge.model import Count, Counters, Seen


@pytest.mark.parametrize(
    ("before", "now", "answers"),
    [
        ({"one": 10}, {"one": 17}, 7),
        ({"one": 10, "other": 5}, {"one": 11, "other": 8}, 4),
        ({"one": 10}, {"one": 3}, 3),  # started again
        ({"one": 10, "other": 50}, {"one": 20, "other": 5}, 15),  # one of two started again, which a sum of both would hide
        ({"one": 10}, {"one": 10, "other": 4000}, 0),  # a new one, which may have counted for days
        ({"one": 10}, {}, 0),  # gone
    ],
)
def test_what_was_answered_between_two_looks(before: Counters, now: Counters, answers: int) -> None:
    assert moved(before, now) == answers


def test_a_server_that_was_missing_from_one_look_counts_on_from_where_it_was() -> None:
    looks: list[Counters] = [{"one": 1000.0}, {"other": 1.0}, {"one": 1003.0, "other": 1.0}]
    first, gap, third = (Seen(counters, counters) for counters in looks)
    assert between(remembered(first, gap), third) == Count(3, 3)


def test_more_bad_answers_than_answers_are_never_told() -> None:
    """An answer that broke off counts twice among the bad ones: by its status, and for breaking off."""
    assert between(Seen({"one": 0}, {"one": 0}), Seen({"one": 4}, {"one": 5})) == Count(4, 4)
