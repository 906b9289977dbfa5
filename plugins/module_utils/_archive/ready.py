# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of archives is the same, over, or in the way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .model import DIRECTORY, FILE, MIB, Entry, Note

RESERVE = 16 * MIB


def is_current(note: Note, content: str, recipients: Sequence[str]) -> bool:
    """Whether an archive has just this, for just these."""
    return note.content == content and sorted(note.recipients) == sorted(recipients)


def expired(archives: Sequence[Note], cutoff: str) -> list[Note]:
    """Those that were followed by another before the cutoff, a stamp: how it was at the cutoff can still be told by one."""
    return [note for note, following in pairwise(archives) if following.stamp <= cutoff]


def difference(wanted: Entry, there: Entry | None) -> str:
    """In what way they differ, "" in none. No content is told, nor its checksum."""
    if there is None:
        return "absent"
    if wanted.kind != there.kind:
        return "kind"
    if (wanted.sha256, wanted.target) != (there.sha256, there.target):
        return "content"
    if wanted.kind in (FILE, DIRECTORY) and wanted.mode != there.mode:
        return "mode"
    return "" if (wanted.owner, wanted.group) == (there.owner, there.group) else "owner"


def in_words(entry: Entry | None) -> str:
    """An entry as it may be shown."""
    if entry is None:
        return "absent"
    size = f", {entry.size} bytes" if entry.kind == FILE else ""
    to = f" to {entry.target}" if entry.target else ""
    return f"{entry.kind}{to}{size}, mode {entry.mode:04o}, {entry.owner}:{entry.group}"


def has_room(free: int, size: int) -> bool:
    return free >= size + RESERVE


def below(path: str, names: Sequence[str]) -> bool:
    """Whether a path is one of those named, or lies in one."""
    return not names or any(path == name or path.startswith(f"{name}/") for name in names)
