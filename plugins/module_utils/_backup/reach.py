# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a backup can be rolled forward with the write-ahead log that is there.

A timeline begins at a position of its parent; below that position the parent's segments are read. So the way from a backup
to its end is one line of segment numbers, each with the newest timeline of the way that has begun by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .._core.errors import Refused
from .wal import SEGMENT_SIZE, Segment, lsn, segment_name, segment_of

FIRST_TIMELINE = 1


@dataclass(frozen=True)
class Archived:
    """All segments of the cluster in any repository, and the histories of its timelines."""

    segments: tuple[Segment, ...] = ()
    histories: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Branch:
    """A timeline, and the position at which it left its parent."""

    timeline: int
    begins: int = 0


@dataclass(frozen=True)
class Fork:
    """Where an older timeline went on although a newer one had left it: at a position, and between which times that may be.

    Whoever aims behind it means one of two pasts. Times are seconds since the epoch.
    """

    older: int
    newer: int
    begins: int
    since: float
    until: float


@dataclass(frozen=True)
class Reach:
    """The segments in a row from a backup on; ``missing`` is the first that is not there though later ones are, or ""."""

    timeline: int
    segments: tuple[Segment, ...] = ()
    missing: str = ""
    size: int = SEGMENT_SIZE

    @property
    def first(self) -> str:
        return self._name(self.segments[0]) if self.segments else ""

    @property
    def last(self) -> str:
        return self._name(self.segments[-1]) if self.segments else ""

    @property
    def stored(self) -> int:
        """Bytes in the repository."""
        return sum(segment.bytes for segment in self.segments)

    @property
    def end(self) -> int:
        """The position after the last segment."""
        return (self.segments[-1].number + 1) * self.size if self.segments else 0

    def until(self, number: int) -> Reach:
        """The part up to the segment of this number."""
        return Reach(self.timeline, tuple(one for one in self.segments if one.number <= number), "", self.size)

    def _name(self, segment: Segment) -> str:
        return segment_name(segment.timeline, segment.number, self.size)


def way(history: str, timeline: int) -> tuple[Branch, ...]:
    """Oldest first, what the file of a timeline's history says: each line a parent and the position at which it was left."""
    branches, begins = [], 0
    for line in history.splitlines():
        fields = line.partition("#")[0].split()
        if len(fields) >= 2:
            branches.append(Branch(int(fields[0]), begins))
            begins = lsn(fields[1])
    return (*branches, Branch(timeline, begins))


def chosen_way(timeline: int, stop: int, histories: Mapping[int, str], wanted: int | None = None) -> tuple[Branch, ...]:
    """The newest way on from a backup that ended at ``stop`` on a timeline, or the wanted one if it leads on from there."""
    ways = {number: way(text, number) for number, text in histories.items()}
    ways.setdefault(timeline, (Branch(timeline),))
    leading = {number: branches for number, branches in ways.items() if _leads_on(branches, timeline, stop)}
    if wanted is not None and wanted not in leading:
        raise Refused(
            f"timeline {wanted} does not go on from this backup, which ended on timeline {timeline}: "
            "choose another backup, or leave timeline away"
        )
    return leading[wanted or max(leading)]


def fork(branches: Sequence[Branch], segments: Sequence[Segment], size: int = SEGMENT_SIZE) -> Fork | None:
    """Where the newest timeline left its parent while that has more to give, None where nothing was left behind."""
    if len(branches) < 2:
        return None
    older, newer = branches[-2], branches[-1]
    number = segment_of(newer.begins, size)
    if not any(one.timeline == older.timeline and one.number >= number for one in segments):
        return None
    since = max((one.archived for one in segments if one.timeline == older.timeline and one.number < number), default=0.0)
    until = min((one.archived for one in segments if one.timeline == newer.timeline), default=float("inf"))
    return Fork(older.timeline, newer.timeline, newer.begins, since, until)


def reach(begin: int, branches: Sequence[Branch], segments: Iterable[Segment], size: int = SEGMENT_SIZE) -> Reach:
    """The row of segments from number ``begin`` on."""
    there = {(segment.timeline, segment.number): segment for segment in segments}
    newest = branches[-1].timeline
    last = max((number for line, number in there if _timeline(branches, number, size) == line), default=begin - 1)
    row: list[Segment] = []
    for number in range(begin, last + 1):
        line = _timeline(branches, number, size)
        if (line, number) not in there:
            return Reach(newest, tuple(row), segment_name(line, number, size), size)
        row.append(there[line, number])
    return Reach(newest, tuple(row), "", size)


def _timeline(branches: Sequence[Branch], number: int, size: int) -> int:
    return next((one.timeline for one in reversed(branches) if segment_of(one.begins, size) <= number), FIRST_TIMELINE)


def _leads_on(branches: Sequence[Branch], timeline: int, stop: int) -> bool:
    """It holds the backup's timeline, and did not leave it before the backup's end."""
    for branch, following in zip(branches, (*branches[1:], None), strict=True):
        if branch.timeline == timeline:
            return following is None or following.begins >= stop
    return False
