# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redis's own glob, taken to pieces: it is matched on the server, in Lua, which has none.

A star is the only sign that stands for more than one byte. So a pattern is a row of pieces of fixed length with stars
between them, and matching is: the first piece at the beginning, the last at the end, each other one as early as it comes.
That is linear for each star, where a translation to one Lua pattern would go back and forth and hold up the server.
The grammar is that of ``stringmatchlen`` in Redis's ``util.c``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._core.errors import InvalidInput
from .._core.text import shown

LONGEST = 256
SEPARATOR = b":"
"""Every key has some, so a search for a text that begins with one stops at every key."""


@dataclass(frozen=True)
class Piece:
    """A run of signs without a star, as a Lua pattern that matches exactly ``length`` bytes."""

    lua: bytes
    length: int


@dataclass(frozen=True)
class Glob:
    """A pattern, its pieces (stars stand between them), and a text that every match must contain."""

    text: str
    pieces: tuple[Piece, ...]
    literal: bytes


@dataclass(frozen=True)
class Sign:
    """One sign of a pattern: the Lua pattern of one byte, and the byte itself if it stands for nothing else."""

    lua: bytes
    literal: bytes = b""


STAR = Sign(b"*")


def checked(pattern: str) -> str:
    """The pattern, if it is one that can be typed by intent; raises ``InvalidInput``."""
    if not 0 < len(pattern) <= LONGEST or not pattern.isprintable() or pattern != pattern.strip():
        raise InvalidInput(
            f"{shown(pattern)} is not a pattern of keys: allowed are 1 to {LONGEST} printable characters without spaces "
            "around them, such as cache:user:*"
        )
    return pattern


def plain(pattern: str) -> str:
    """A pattern that is matched here and not by Redis: of ASCII only, beyond which the two might differ."""
    if not pattern.isascii():
        raise InvalidInput(f"{shown(pattern)} is not a pattern of protected keys: allowed are ASCII characters")
    return checked(pattern)


def glob(pattern: str) -> Glob:
    """The pattern in pieces."""
    rows: list[list[Sign]] = [[]]
    for sign in signs(pattern.encode()):
        rows.append([]) if sign is STAR else rows[-1].append(sign)
    pieces = tuple(Piece(b"".join(sign.lua for sign in row), len(row)) for row in rows)
    longest = max((run for row in rows for run in _runs(row)), key=len)
    return Glob(pattern, pieces, longest.lstrip(SEPARATOR) or longest)


def signs(pattern: bytes) -> list[Sign]:
    """The signs of a pattern, as Redis reads them: stars, question marks, classes, escaped and plain bytes."""
    found: list[Sign] = []
    at = 0
    while at < len(pattern):
        sign, at = _sign(pattern, at)
        found.append(sign)
    return found


def lies_within(pattern: str, other: str) -> bool:
    """Whether every key that matches the pattern surely matches the other, whose only special sign is the star.

    The pattern's own special signs are taken for unknown text, which only a star of the other can cover. So yes is
    certain, and no means that it is not known.
    """
    if set(other) & set("?[]\\"):
        return False
    first, *rest = other.split("*")
    if not rest:
        return pattern == other
    if len(pattern) < len(first) + len(rest[-1]) or not pattern.startswith(first) or not pattern.endswith(rest[-1]):
        return False
    return _in_order(rest[:-1], pattern[len(first) : len(pattern) - len(rest[-1])])


def may_share(pattern: str, other: str) -> bool:
    """Whether any key can match both; two patterns that begin differently cannot."""
    ours, theirs = beginning(pattern), beginning(other)
    return ours.startswith(theirs) or theirs.startswith(ours)


def beginning(pattern: str) -> str:
    """The text with which every match begins."""
    return re.split(r"[*?\[\\]", pattern, maxsplit=1)[0]


def _in_order(parts: list[str], text: str) -> bool:
    for part in parts:
        _before, found, text = text.partition(part) if part else ("", "*", text)
        if not found:
            return False
    return True


def _sign(pattern: bytes, at: int) -> tuple[Sign, int]:
    byte = pattern[at : at + 1]
    if byte == b"*":
        return STAR, at + 1
    if byte == b"?":
        return Sign(b"."), at + 1
    if byte == b"[":
        return _class(pattern, at + 1)
    if byte == b"\\" and at + 1 < len(pattern):
        at, byte = at + 1, pattern[at + 1 : at + 2]
    return Sign(escaped(byte), byte), at + 1


def _class(pattern: bytes, at: int) -> tuple[Sign, int]:
    """A class from behind its bracket; like Redis, one that is not closed ends with the pattern."""
    negated = pattern[at : at + 1] == b"^"
    at += negated
    members = b""
    while at < len(pattern) and pattern[at : at + 1] != b"]":
        member, at = _member(pattern, at)
        members += member
    if not members:
        return Sign(b"." if negated else b"[^%z\1-\255]"), at + 1
    return Sign(b"[" + b"^" * negated + members + b"]"), at + 1


def _member(pattern: bytes, at: int) -> tuple[bytes, int]:
    if pattern[at : at + 1] == b"\\" and at + 1 < len(pattern):
        return escaped(pattern[at + 1 : at + 2]), at + 2
    if pattern[at + 1 : at + 2] == b"-" and at + 2 < len(pattern):
        low, high = sorted((pattern[at : at + 1], pattern[at + 2 : at + 3]))
        return _range(low, high), at + 3
    return escaped(pattern[at : at + 1]), at + 1


def _range(low: bytes, high: bytes) -> bytes:
    """A range byte by byte: in Lua, the ends of one cannot be escaped."""
    return b"".join(escaped(bytes([byte])) for byte in range(low[0], high[0] + 1))


def _runs(row: list[Sign]) -> list[bytes]:
    """The longest texts without special signs in a row of signs."""
    runs = [b""]
    for sign in row:
        if sign.literal:
            runs[-1] += sign.literal
        else:
            runs.append(b"")
    return runs


def escaped(byte: bytes) -> bytes:
    """One byte as a Lua pattern; the zero byte has a class of its own in Lua 5.1."""
    if byte == b"\0":
        return b"%z"
    return byte if byte.isalnum() or byte > b"\x7f" else b"%" + byte
