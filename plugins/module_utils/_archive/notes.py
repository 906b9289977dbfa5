# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies beside an archive, as JSON and back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace

from .model import ARCHIVE, ENDING, ArchiveDamaged, Note

FORMAT = 1
LONGEST = 100_000


def beside(file: str) -> str:
    """What the note of an archive is called."""
    return f"{file.removesuffix(ENDING)}.json"


def written(note: Note) -> bytes:
    return f"{json.dumps({'format': FORMAT, **asdict(note)}, indent=1)}\n".encode()


def outward(note: Note) -> Note:
    """As it may leave the host: the checksum of the manifest would let one try what a short secret is."""
    return replace(note, content="")


def understood(text: bytes, file: str) -> Note:
    """The note of an archive of this name; raises ``ArchiveDamaged`` for what is none."""
    try:
        given = json.loads(text)
        if given.pop("format") != FORMAT:
            raise ArchiveDamaged(f"{beside(file)} was written by a later version of mainstay.ops: read the archive with that one")
        note = Note(**{**given, "recipients": tuple(given["recipients"])})
        good = note.file == file and file.startswith(f"{note.name}_") and re.fullmatch(ARCHIVE.pattern, file)
        good = good and isinstance(note.bytes, int) and re.fullmatch("[0-9a-f]{64}", note.sha256)
    except (ValueError, TypeError, KeyError, AttributeError):
        good = False
    if not good:
        raise ArchiveDamaged(f"{beside(file)} is not what is written beside the archive {file}")
    return note
