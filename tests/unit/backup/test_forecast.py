"""How long a recovery will take, and whether there is room for it."""

from __future__ import annotations

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._backup.forecast import Measured, forecast
from ansible_collections.mainstay.ops.plugins.module_utils._backup.room import Room, beside_the_living, room

GIB = 1024**3


def test_without_a_measurement_nobody_knows() -> None:
    assert forecast(GIB, 10, []) is None


@pytest.mark.parametrize(
    ("size", "segments", "before", "seconds"),
    [
        (GIB, 10, [Measured(GIB, 10, 20, 5, 3)], 28),
        (2 * GIB, 20, [Measured(GIB, 10, 20, 5, 3)], 53),
        (GIB, 0, [Measured(GIB, 10, 20, 5, 3)], 23),
        (GIB, 10, [Measured(GIB, 0, 20, 1, 3)], 23),
        (5 * GIB, 10, [Measured(GIB // 10, 10, 9, 5, 1), *[Measured(5 * GIB, 10, 50, 5, 3)] * 3], 58),
        (GIB, 10, [*[Measured(GIB, 10, 99, 5, 3)] * 5, *[Measured(GIB, 10, 20, 5, 3)] * 3], 28),
    ],
)
def test_it_stands_on_those_nearest_in_size_and_the_newest_of_them(
    size: int, segments: int, before: list[Measured], seconds: float
) -> None:
    found = forecast(size, segments, before)
    assert found is not None
    assert found.seconds == pytest.approx(seconds, rel=0.01)
    assert found.measurements == len(before)


@pytest.mark.parametrize(("free", "suffices"), [(2 * GIB, True), (GIB, False)])
def test_room_is_needed_for_the_data_and_the_log_that_a_server_keeps(free: int, suffices: bool) -> None:
    assert room(GIB, 4, free).suffices is suffices


def test_a_long_log_is_not_kept_whole() -> None:
    assert room(GIB, 10_000, 0).needed == room(GIB, 190, 0).needed


@pytest.mark.parametrize(("disk", "left"), [(20 * 2**30, 2 * 2**30), (2**42, 10 * 2**30)])
def test_a_copy_beside_a_server_that_writes_leaves_it_room(disk: int, left: int) -> None:
    assert beside_the_living(Room(100, 100 + left), disk).suffices
    assert not beside_the_living(Room(101, 100 + left), disk).suffices
