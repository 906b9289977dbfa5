# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which segments of a row are missing, by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from .wal import SEGMENT_SIZE, parsed_name, segment_name


@dataclass(frozen=True)
class Gap:
    """Segments that are not there, from the first to the last."""

    first: str
    last: str
    count: int


def before(name: str, size: int) -> str:
    """The segment before it on the same timeline."""
    timeline, number = _placed(name, size)
    return segment_name(timeline, number - 1, size)


def behind(one: str, other: str, size: int) -> int:
    """By how many segments one is older than another, whatever their timelines; below 0 if it is newer."""
    return _placed(other, size)[1] - _placed(one, size)[1]


def timeline(name: str) -> int:
    """The number of the timeline that the segment is of, which its name begins with."""
    return _placed(name, SEGMENT_SIZE)[0]


def gaps(present: Collection[str], first: str, size: int) -> tuple[Gap, ...]:
    """What is missing from this segment on, to the newest that is there.

    A younger timeline goes on where an older one was left, so it must begin before the older one ends, or right after.
    """
    rows = _rows(present, size)
    timeline, number = _placed(first, size)
    reached = number - 1
    found: list[Gap] = []
    for line in sorted(line for line in rows if line >= timeline) or [timeline]:
        here = sorted(place for place in rows.get(line, ()) if line > timeline or place > reached)
        start = reached if line == timeline else min(reached, here[0] - 1)
        found += _between(line, start, here or [reached + 2], size)
        reached = max([reached, *here])
    return tuple(found)


def missing(present: Collection[str], first: str, last: str, size: int) -> tuple[Gap, ...]:
    """What is missing from one segment to another on the same timeline, both included."""
    timeline, begin = _placed(first, size)
    wanted = (segment_name(timeline, number, size) for number in range(begin, _placed(last, size)[1] + 1))
    absent = [one for one in wanted if one not in present]
    return (Gap(absent[0], absent[-1], len(absent)),) if absent else ()


def _placed(name: str, size: int) -> tuple[int, int]:
    """Timeline and number; names come from what was matched before."""
    return parsed_name(name, size) or (0, 0)


def _rows(present: Iterable[str], size: int) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = defaultdict(list)
    for one in present:
        timeline, number = _placed(one, size)
        rows[timeline].append(number)
    return rows


def _between(line: int, start: int, places: list[int], size: int) -> Iterator[Gap]:
    """The holes in a row that begins after ``start``."""
    for one, following in zip([start, *places], places, strict=False):
        if following > one + 1:
            yield Gap(segment_name(line, one + 1, size), segment_name(line, following - 1, size), following - one - 1)
