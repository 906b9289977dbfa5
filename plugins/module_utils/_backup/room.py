# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a disk has room for a second copy of the data."""

from __future__ import annotations

from dataclasses import dataclass

from .wal import SEGMENT_SIZE

KEPT_SEGMENTS = 192
"""How much of the write-ahead log a server keeps while it replays, whatever its length: three times max_wal_size at most."""
SPARE = 0.05
LEAST_SPARE = 64 * 1024 * 1024
LEFT_TO_OTHERS = 10
MOST_LEFT = 10 * 2**30


@dataclass(frozen=True)
class Room:
    """Bytes."""

    needed: int
    free: int

    @property
    def suffices(self) -> bool:
        return self.needed <= self.free


def room(size: int, segments: int, free: int, segment_size: int = SEGMENT_SIZE) -> Room:
    """What a copy of so many bytes needs that replays so many segments."""
    kept = min(segments + 2, KEPT_SEGMENTS) * segment_size
    return Room(size + kept + max(int(size * SPARE), LEAST_SPARE), free)


def beside_the_living(room: Room, disk: int) -> Room:
    """Where a server may be writing to the same disk: a tenth of it stays free, or more than it writes meanwhile."""
    return Room(room.needed + min(disk // LEFT_TO_OTHERS, MOST_LEFT), room.free)
