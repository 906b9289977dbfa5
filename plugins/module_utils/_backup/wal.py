# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Positions in the write-ahead log, and the segments that hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._core.errors import InvalidInput
from .._core.text import shown

SEGMENT_SIZE = 16 * 1024 * 1024
"""Bytes of a segment where initdb was not told otherwise."""
NAME = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})")
LSN = re.compile(r"([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})")


@dataclass(frozen=True, order=True)
class Segment:
    """A segment in the archive; ``bytes`` as it is stored, ``archived`` seconds since the epoch, ``file`` below its folder."""

    number: int
    timeline: int
    bytes: int = 0
    archived: float = 0.0
    repository: int = 1
    file: str = ""


def lsn(text: str) -> int:
    """The position as a number."""
    match = LSN.fullmatch(text)
    if not match:
        raise InvalidInput(f"{shown(text)} is not an LSN: write two hexadecimal numbers and a slash between, such as 0/3000148")
    return (int(match[1], 16) << 32) + int(match[2], 16)


def lsn_text(position: int) -> str:
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def segment_of(position: int, size: int = SEGMENT_SIZE) -> int:
    """The number of the segment that holds the position."""
    return position // size


def segment_name(timeline: int, number: int, size: int = SEGMENT_SIZE) -> str:
    a_log = 0x100000000 // size
    return f"{timeline:08X}{number // a_log:08X}{number % a_log:08X}"


def parsed_name(name: str, size: int = SEGMENT_SIZE) -> tuple[int, int] | None:
    """Timeline and number of a segment's name, None where it is none."""
    match = NAME.fullmatch(name)
    if not match:
        return None
    return int(match[1], 16), int(match[2], 16) * (0x100000000 // size) + int(match[3], 16)
