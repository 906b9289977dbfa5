# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The directory of archives: one bears its name only when it is whole, on the disk, and was read back."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from .._core.errors import NotFound, Unavailable
from .._dump.shelf import checksum, is_free, part
from .._store.durable import sync
from .model import ENDING, ArchiveDamaged, Note, Shelf
from .notes import beside, understood, written

STAMPED = r"_[0-9]{8}_[0-9]{6}"


def seen(dest: str, name: str) -> Shelf:
    """The archives of one name, each read to its last byte, and what runs of it that were killed have left."""
    folder = Path(dest)
    try:
        if not folder.exists():
            return Shelf(free=shutil.disk_usage(next(above for above in folder.parents if above.exists())).free, exists=False)
        ours = re.compile(rf"\.?{re.escape(name)}{STAMPED}({re.escape(ENDING)}|\.json)(\.part)?")
        files = sorted(path for path in folder.iterdir() if ours.fullmatch(path.name))
        whole, damaged = _sorted([path for path in files if path.name.endswith(ENDING)])
        left = tuple(str(path) for path in files if path.name.endswith(".part") and is_free(path))
        return Shelf(whole, damaged, left, shutil.disk_usage(folder).free)
    except OSError as error:
        raise _unavailable(dest, "read", error) from None


def put(dest: str, note: Note, content: bytes, is_right: Callable[[bytes], bool]) -> None:
    """Give an archive its name, once both it and its note are on the disk, and what is read back ``is_right``."""
    folder = Path(dest)
    with part(dest, note.file) as archive, part(dest, beside(note.file)) as said:
        for file, given in ((archive, content), (said, written(note))):
            file.write(given)
            file.flush()
            os.fsync(file.fileno())
        if not is_right((folder / f".{note.file}.part").read_bytes()):
            raise ArchiveDamaged(f"{note.file} came back from {dest} as something else than was written: check the disk")
        (folder / f".{beside(note.file)}.part").rename(folder / beside(note.file))
        (folder / f".{note.file}.part").rename(folder / note.file)
    sync(folder)


def fetched(dest: str, note: Note) -> bytes:
    """The bytes of an archive."""
    try:
        return (Path(dest) / note.file).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no {note.file} in {dest}") from None
    except OSError as error:
        raise _unavailable(f"{dest}/{note.file}", "read", error) from None


def remove(path: str) -> None:
    """Remove an archive, first itself and then its note; or what is left of one."""
    gone = Path(path)
    try:
        gone.unlink(missing_ok=True)
        if gone.name.endswith(ENDING):
            (gone.parent / beside(gone.name)).unlink(missing_ok=True)
        sync(gone.parent)
    except OSError as error:
        raise _unavailable(path, "remove", error) from None


def _sorted(files: list[Path]) -> tuple[tuple[Note, ...], tuple[str, ...]]:
    """Those that are what their note says, and the names of those that are not."""
    whole, damaged = [], []
    for path in files:
        try:
            note = understood((path.parent / beside(path.name)).read_bytes(), path.name)
            is_whole = (path.stat().st_size, checksum(path)) == (note.bytes, note.sha256)
        except (ArchiveDamaged, FileNotFoundError):
            is_whole = False
        if is_whole:
            whole.append(note)
        else:
            damaged.append(path.name)
    return tuple(whole), tuple(damaged)


def _unavailable(path: str, verb: str, error: OSError) -> Unavailable:
    return Unavailable(f"could not {verb} {path}: {error.strerror}; see to the rights there and to free space")
