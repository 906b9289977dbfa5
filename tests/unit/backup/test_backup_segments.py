"""Which segments of a row are missing, over carries and timelines."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.segments import Gap, before, behind, gaps, missing
from ansible_collections.mainstay.ops.plugins.module_utils._backup.wal import segment_name as name
from hypothesis import given
from hypothesis import strategies as st

MB = 1024**2
SIZE = 16 * MB


def row(*places: int, timeline: int = 1, size: int = SIZE) -> list[str]:
    return [name(timeline, place, size) for place in places]


def gap(first: int, last: int, timeline: int = 1) -> Gap:
    return Gap(name(timeline, first, SIZE), name(timeline, last, SIZE), last - first + 1)


@pytest.mark.parametrize(
    ("size", "last", "carried"),
    [(16 * MB, 0xFF, "0000000100000001"), (1024 * MB, 3, "0000000100000001"), (MB, 0xFFF, "0000000100000001")],
)
def test_the_lower_half_counts_up_to_four_gigabytes(size: int, last: int, carried: str) -> None:
    following = f"{carried}00000000"
    assert before(following, size) == f"0000000100000000{last:08X}"
    assert behind(f"0000000100000000{last:08X}", following, size) == 1


@pytest.mark.parametrize(
    ("present", "found"),
    [
        (row(5, 6, 7), ()),
        (row(1, 5, 6), ()),
        (row(5, 7), (gap(6, 6),)),
        (row(5, 9), (gap(6, 8),)),
        (row(6, 7), (gap(5, 5),)),
        (row(1, 2), (gap(5, 5),)),
        (row(5, 6) + row(6, 7, timeline=2), ()),
        (row(5, 6) + row(7, 8, timeline=2), ()),
        (row(5, 6) + row(3, 4, 5, timeline=2), ()),
        (row(5, 6) + row(8, timeline=2), (gap(7, 7, 2),)),
        (row(5, 6) + row(6, 8, timeline=2), (gap(7, 7, 2),)),
        (row(5, 6) + row(6, timeline=2) + row(7, timeline=4), ()),
    ],
)
def test_a_hole_after_the_first_is_found(present: list[str], found: tuple[Gap, ...]) -> None:
    assert gaps(present, name(1, 5, SIZE), SIZE) == found


@given(st.sets(st.integers(0, 600), min_size=1), st.sampled_from([SIZE, 1024 * MB, MB]))
def test_what_is_missing_is_counted_exactly(absent: set[int], size: int) -> None:
    """The newest that is there is where the row ends."""
    there = [place for place in range(700) if place not in absent]
    found = gaps(row(*there, size=size), name(1, 0, size), size)
    assert sum(gap.count for gap in found) == len(absent)


def test_what_one_backup_needs_is_told_as_one_row() -> None:
    first, last = row(5, 7)
    assert missing(set(row(5, 7)), first, last, SIZE) == (gap(6, 6),)
    assert missing(set(row(5, 6, 7)), first, last, SIZE) == ()
