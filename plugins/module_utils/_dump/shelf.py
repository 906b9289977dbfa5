# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The directory of dumps: a dump bears its name only when it is whole, on the disk, and has its manifest.

It is written under a name that begins with a dot, which is locked for as long as it is written. The lock belongs to the open
file, which pg_dump shares, so the file of a run that was killed is known by being free.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .._core.errors import NotFound, Unavailable
from .._store.durable import sync
from .manifest import understood, written
from .model import DumpDamaged, Manifest, Shelf

DIGITS = r"\d{8}_\d{6}"


def seen(dest: str, name: str) -> Shelf:
    """The dumps of one name, and what runs of it that were killed have left."""
    folder = Path(dest)
    try:
        if not folder.exists():
            return Shelf(free=shutil.disk_usage(next(above for above in folder.parents if above.exists())).free, exists=False)
        files = sorted(path for path in folder.iterdir() if re.fullmatch(rf"\.?{re.escape(name)}_{DIGITS}\..+", path.name))
        left = tuple(str(path) for path in files if path.name.endswith(".part") and is_free(path))
        return Shelf(_dumps(files), left, shutil.disk_usage(folder).free)
    except OSError as error:
        raise _unavailable(dest, "read", error) from error


def make(dest: str) -> None:
    """The directory, for its owner alone; those above it are made as the system does it."""
    try:
        Path(dest).parent.mkdir(parents=True, exist_ok=True)
        Path(dest).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unavailable(dest, "create", error) from error


def verified(src: str) -> Manifest:
    """The manifest of a dump that is just as it was written; raises ``DumpDamaged`` otherwise."""
    dump = Path(src)
    try:
        manifest = understood(dump.with_suffix(".json").read_text(errors="replace"), str(dump.with_suffix(".json")))
        size, digest = dump.stat().st_size, checksum(dump)
    except FileNotFoundError as error:
        raise NotFound(
            f"there is no file {error.filename}; a dump is a .dump file with a .json of the same name beside it"
        ) from None
    except OSError as error:
        raise _unavailable(src, "read", error) from error
    if (size, digest) != (manifest.bytes, manifest.sha256):
        raise DumpDamaged(
            f"{src} is not what was dumped: it has {size} bytes and the checksum {digest[:12]}..., and should have "
            f"{manifest.bytes} and {manifest.sha256[:12]}...; nothing was touched. Take another copy, or an older dump"
        )
    return manifest


def checksum(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def part(dest: str, name: str) -> Iterator[IO[bytes]]:
    """A file to write a dump into, which is gone afterwards unless it was ``put``."""
    path = _part(dest, name)
    try:
        with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield file
            finally:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise _unavailable(str(path), "write", error) from error


def put(dest: str, manifest: Manifest) -> None:
    """Give the dump its name, once it and its manifest are on the disk; the dump comes last."""
    folder = Path(dest)
    beside = (folder / manifest.file).with_suffix(".json")
    with part(dest, beside.name) as file:
        file.write(written(manifest).encode())
        file.flush()
        os.fsync(file.fileno())
        _part(dest, beside.name).rename(beside)
    _part(dest, manifest.file).rename(folder / manifest.file)
    sync(folder)


def remove(path: str) -> None:
    """Remove a dump, first itself and then its manifest; or what is left of one."""
    gone = Path(path)
    try:
        gone.unlink(missing_ok=True)
        if gone.suffix == ".dump":
            gone.with_suffix(".json").unlink(missing_ok=True)
        sync(gone.parent)
    except OSError as error:
        raise _unavailable(path, "remove", error) from error


def _dumps(files: list[Path]) -> tuple[Manifest, ...]:
    """Dumps that have their manifest and their length; what has not is nobody's to count, or to remove."""
    found = []
    for path in files:
        with suppress(DumpDamaged, FileNotFoundError):
            if path.suffix == ".dump" and not path.name.startswith("."):
                manifest = understood(path.with_suffix(".json").read_text(errors="replace"), path.name)
                found += [manifest] if (path.name, path.stat().st_size) == (manifest.file, manifest.bytes) else []
    return tuple(found)


def is_free(path: Path) -> bool:
    """Whether nobody writes the file any more."""
    with open(path, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _part(dest: str, name: str) -> Path:
    return Path(dest) / f".{name}.part"


def _unavailable(path: str, verb: str, error: OSError) -> Unavailable:
    return Unavailable(f"could not {verb} {path}: {error.strerror}; see to the rights there and to free space")
