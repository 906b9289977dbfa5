"""How far a backup can be rolled forward."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.reach import Branch, Fork, chosen_way, fork, reach, way
from ansible_collections.mainstay.ops.plugins.module_utils._backup.wal import SEGMENT_SIZE, Segment, lsn
from ansible_collections.mainstay.ops.plugins.module_utils._core.errors import Refused

SECOND = "1\t0/5000098\tbefore 2026-05-03 12:00:00+00\n"
THIRD = f"{SECOND}\n2\t0/8000000\tno recovery target specified\n"


def line(timeline: int, *numbers: int) -> list[Segment]:
    return [Segment(number, timeline, bytes=100) for number in numbers]


def test_a_history_tells_where_each_timeline_began() -> None:
    assert way(THIRD, 3) == (Branch(1), Branch(2, lsn("0/5000098")), Branch(3, lsn("0/8000000")))


@pytest.mark.parametrize(
    ("stop", "histories", "wanted", "newest"),
    [
        ("0/2000100", {}, None, 1),
        ("0/2000100", {2: SECOND}, None, 2),
        ("0/2000100", {2: SECOND, 3: THIRD}, None, 3),
        ("0/2000100", {2: SECOND, 3: THIRD}, 1, 1),
        ("0/6000100", {2: SECOND, 3: THIRD}, None, 1),
    ],
)
def test_the_newest_timeline_is_taken_that_goes_on_from_the_backup(
    stop: str, histories: dict[int, str], wanted: int | None, newest: int
) -> None:
    assert chosen_way(1, lsn(stop), histories, wanted)[-1].timeline == newest


@pytest.mark.parametrize(
    ("older", "expected"),
    [
        ((3, 4), None),
        ((3, 4, 5, 6), Fork(1, 2, lsn("0/5000098"), 40.0, 90.0)),
        ((3, 4, 5), Fork(1, 2, lsn("0/5000098"), 40.0, 90.0)),
    ],
)
def test_where_an_older_timeline_went_on_there_are_two_pasts(older: tuple[int, ...], expected: Fork | None) -> None:
    first = [Segment(number, 1, archived=number * 10.0) for number in older]
    second = [Segment(number, 2, archived=number * 10.0 + 40) for number in (5, 6)]
    assert fork(way(SECOND, 2), [*first, *second]) == expected
    assert fork((Branch(1),), first) is None


def test_a_timeline_that_left_before_the_backups_end_is_refused() -> None:
    with pytest.raises(Refused, match="timeline 2 does not go on from this backup"):
        chosen_way(1, lsn("0/6000100"), {2: SECOND}, 2)


@pytest.mark.parametrize(
    ("segments", "last", "missing"),
    [
        (line(1, 2, 3, 4), 4, ""),
        (line(1, 1, 2, 3), 3, ""),
        (line(1, 2, 4, 5), 2, "000000010000000000000003"),
        (line(1, 3, 4), None, "000000010000000000000002"),
        ([], None, ""),
    ],
)
def test_a_row_ends_at_the_first_gap(segments: list[Segment], last: int | None, missing: str) -> None:
    found = reach(2, (Branch(1),), segments)
    assert (found.segments[-1].number if found.segments else None, found.missing) == (last, missing)


def test_a_row_changes_the_timeline_in_the_segment_in_which_it_began() -> None:
    segments = [*line(1, 2, 3, 4, 5, 6, 7), *line(2, 5, 6)]
    found = reach(2, way(SECOND, 2), segments)
    assert [(one.timeline, one.number) for one in found.segments] == [(1, 2), (1, 3), (1, 4), (2, 5), (2, 6)]
    assert (found.first, found.last) == ("000000010000000000000002", "000000020000000000000006")
    assert (found.stored, found.end) == (500, 7 * SEGMENT_SIZE)
    assert found.until(4).last == "000000010000000000000004"
