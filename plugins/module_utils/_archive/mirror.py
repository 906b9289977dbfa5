# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives in a bucket. One counts there when its note is there too, which comes last."""

from __future__ import annotations

import hashlib
import re

from .._bucket import s3
from .._core.errors import NotFound
from .model import ARCHIVE, ENDING, ArchiveDamaged, Note, Place, Shelf
from .notes import LONGEST, beside, outward, understood, written


def listed(place: Place, name: str) -> Shelf:
    """Which archives there are, by name and size alone."""
    sizes = s3.listing(place.bucket, place.key(f"{name}_"))
    files = {key.removeprefix(place.prefix): size for key, size in sizes.items()}
    notes = [
        Note(file, name, "", size, "", 0, ())
        for file, size in sorted(files.items())
        if file.endswith(ENDING) and _is_of(file, name) and beside(file) in files
    ]
    return Shelf(tuple(notes))


def seen(place: Place, name: str, *, verify: bool) -> Shelf:
    """Which archives there are, with their notes; with ``verify`` each is read to its last byte."""
    whole, damaged = [], []
    for listed_note in listed(place, name).archives:
        try:
            note = understood(s3.get(place.bucket, place.key(beside(listed_note.file)), LONGEST), listed_note.file)
            if note.bytes != listed_note.bytes or (verify and not is_whole(fetched(place, note), note)):
                raise ArchiveDamaged(note.file)
            whole.append(note)
        except (ArchiveDamaged, NotFound):
            damaged.append(listed_note.file)
    return Shelf(tuple(whole), tuple(damaged))


def put(place: Place, note: Note, content: bytes) -> None:
    """Copy an archive, read it back, and only then say that it is there."""
    s3.put(place.bucket, place.key(note.file), content)
    s3.put(place.bucket, place.key(beside(note.file)), written(outward(note)))


def fetched(place: Place, note: Note) -> bytes:
    return s3.get(place.bucket, place.key(note.file), note.bytes + 1)


def remove(place: Place, file: str) -> None:
    """First what says that it is there, then itself."""
    s3.remove(place.bucket, place.key(beside(file)))
    s3.remove(place.bucket, place.key(file))


def is_whole(content: bytes, note: Note) -> bool:
    return (len(content), hashlib.sha256(content).hexdigest()) == (note.bytes, note.sha256)


def _is_of(file: str, name: str) -> bool:
    """Not an archive of a host whose name only begins so."""
    return bool(re.fullmatch(ARCHIVE.pattern, file)) and file[: -len(ENDING) - 16] == name
