# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing entries back: all of them are written beside first, and only then they take their names."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from .._core.errors import Unavailable
from .._store.durable import sync
from .files import looked_at
from .model import DIRECTORY, LINK, Entry, LeadsOutside, Restore, Tree
from .plan import Live

Pair: TypeAlias = "tuple[Entry, Entry | None]"
"""An entry of the archive, and what is in its place now."""


def live(wanted: Restore, entries: Iterable[Entry]) -> Live:
    """What there is where the entries are to go."""
    found, outside, strangers = [], [], set()
    for entry in entries:
        place = wanted.where(entry.path)
        if not _is_straight(wanted, entry.path):
            outside.append(place)
            continue
        seen = looked_at(entry.path, place)
        found += [seen[0]] if seen else []
        strangers |= {who for who, known in ((entry.owner, _uid), (entry.group, _gid)) if known(who) is None}
    return Live(Tree(tuple(found)), tuple(outside), tuple(sorted(strangers)), _free(wanted.to or "/"))


def brought_back(
    wanted: Restore, pairs: list[Pair], contents: Mapping[str, bytes], stamp: str, may_swap: Callable[[], None]
) -> None:
    """Directories, then everything beside, then what there was goes into ``kept``, then the names.

    ``may_swap`` raises if not. It is asked first too, because directories that are there get their owners and modes at once.
    """
    may_swap()
    staged: list[tuple[str, str]] = []
    try:
        for entry, old in pairs:
            if entry.kind == DIRECTORY:
                _directory(wanted, entry, old)
        _stage(wanted, [entry for entry, _old in pairs if entry.kind != DIRECTORY], contents, stamp, staged)
        may_swap()
        _keep(wanted, [entry.path for entry, old in pairs if old and old.kind != DIRECTORY], stamp)
        _swap(wanted, staged)
    except OSError as error:
        raise _unavailable(wanted, error, stamp) from None
    finally:
        for fresh, _place in staged:
            with suppress(OSError):
                os.unlink(fresh)


def _stage(
    wanted: Restore, entries: list[Entry], contents: Mapping[str, bytes], stamp: str, staged: list[tuple[str, str]]
) -> None:
    """Write all beside; ``staged`` has the names of what was begun, and those that it is to have."""
    for entry in entries:
        staged.append((_beside(wanted, entry, stamp), wanted.where(entry.path)))
        _write(wanted, entry, staged[-1][0], contents.get(entry.path, b""))


def _swap(wanted: Restore, staged: list[tuple[str, str]]) -> None:
    """Give everything its name, and forget what has one."""
    folders = {os.path.dirname(place) for _fresh, place in staged}
    while staged:
        fresh, place = staged[0]
        _demand_straight(wanted, place)
        os.replace(fresh, place)
        staged.pop(0)
    for folder in folders:
        sync(folder)


def _unavailable(wanted: Restore, error: OSError, stamp: str) -> Unavailable:
    place = error.filename2 or error.filename or wanted.to or "a file"
    folder = kept(wanted, stamp)
    done = f"what was there before is in {folder}" if os.path.isdir(folder) else "no file was replaced"
    return Unavailable(f"could not write {place}: {error.strerror}; see to the rights there and to free space; {done}")


def kept(wanted: Restore, stamp: str) -> str:
    return f"{wanted.kept}/{wanted.source.name}_{stamp}"


def _directory(wanted: Restore, entry: Entry, old: Entry | None) -> None:
    place = wanted.where(entry.path)
    _demand_straight(wanted, place)
    if old is None:
        os.makedirs(place, mode=0o700 if wanted.to else 0o755, exist_ok=True)
    _give(wanted, entry, place)
    os.chmod(place, entry.mode if not wanted.to else entry.mode | 0o700)


def _write(wanted: Restore, entry: Entry, fresh: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(fresh), mode=0o700 if wanted.to else 0o755, exist_ok=True)
    _demand_straight(wanted, fresh)
    if entry.kind == LINK:
        os.symlink(entry.target, fresh)
        _give(wanted, entry, fresh)
        return
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        _give(wanted, entry, fresh)
        os.fchmod(descriptor, entry.mode)
        os.fsync(descriptor)


def _keep(wanted: Restore, paths: list[str], stamp: str) -> None:
    """Copies, with their modes and owners, in a directory that is for root alone; never one that was there before."""
    if not (wanted.replace and paths):
        return
    folder = kept(wanted, stamp)
    os.makedirs(wanted.kept, mode=0o700, exist_ok=True)
    os.mkdir(folder, 0o700)
    for path in paths:
        os.makedirs(os.path.dirname(f"{folder}{path}"), mode=0o700, exist_ok=True)
        shutil.copy2(path, f"{folder}{path}", follow_symlinks=False)
        status = os.lstat(path)
        os.chown(f"{folder}{path}", status.st_uid, status.st_gid, follow_symlinks=False)


def _give(wanted: Restore, entry: Entry, place: str) -> None:
    """Over the originals it belongs to whom it belonged; beside to whoever brings it back."""
    if wanted.to:
        return
    uid, gid = _uid(entry.owner), _gid(entry.group)
    os.chown(place, -1 if uid is None else uid, -1 if gid is None else gid, follow_symlinks=False)


def _beside(wanted: Restore, entry: Entry, stamp: str) -> str:
    """A name in the same directory that no program takes for its configuration."""
    place = Path(wanted.where(entry.path))
    return str(place.parent / f".{place.name[:200]}.{stamp}.mainstay~")


def _is_straight(wanted: Restore, path: str) -> bool:
    """Whether no directory between the root, or ``to``, and the file is a symbolic link."""
    folder = os.path.dirname(path)
    expected = os.path.realpath(wanted.to) + folder if wanted.to else folder
    return os.path.realpath(f"{wanted.to}{folder}").rstrip("/") == expected.rstrip("/")


def _demand_straight(wanted: Restore, place: str) -> None:
    if not _is_straight(wanted, place.removeprefix(wanted.to)):
        raise LeadsOutside(f"{place} would be written elsewhere, because a directory on the way became a symbolic link meanwhile")


def _uid(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return int(name) if name.isdecimal() else None


def _gid(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return int(name) if name.isdecimal() else None


def _free(place: str) -> int:
    folder = Path(place)
    return shutil.disk_usage(next(above for above in (folder, *folder.parents) if above.exists())).free
