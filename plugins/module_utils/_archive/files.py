# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files, directories and links of this host, as they are now. A link is never followed."""

from __future__ import annotations

import fnmatch
import glob
import grp
import hashlib
import os
import pwd
import stat
from collections.abc import Iterator, Sequence

from .._core.errors import NotFound, Refused, Unavailable
from .._core.text import shown
from .model import DIRECTORY, ENTRY, FILE, LINK, MIB, Archive, Entry, KeepsChanging, Tree
from .plan import Collected

TRIES = 5
MOST_ENTRIES = 20_000


class _Changed(Exception):
    """A file was not the same after it was read as before."""


def collected(wanted: Archive) -> Collected:
    """All that is named; raises ``KeepsChanging`` where something is written each time that it is read."""
    for attempt in range(TRIES):
        try:
            return _once(wanted)
        except _Changed as changed:
            if attempt == TRIES - 1:
                raise KeepsChanging(
                    f"{changed} was written each of the {TRIES} times that it was read, so no archive would be of one moment: "
                    "archive a file that stays as it is, or exclude this one"
                ) from None
    raise AssertionError


def looked_at(path: str, place: str) -> tuple[Entry, bytes] | None:
    """What is at ``place``, called ``path``, with its bytes; None if there is nothing, or what is no file, directory or link."""
    try:
        return _entry(path, place, os.lstat(place), 2**40)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(place, error) from None
    except _Changed:
        raise KeepsChanging(f"{place} was written while it was read: run again") from None


def _once(wanted: Archive) -> Collected:
    places, absent = _named(wanted)
    found: dict[str, tuple[Entry, bytes]] = {}
    left_out, total = [], 0
    for path in sorted(set(_walked(places, wanted.exclude))):
        try:
            seen = _entry(ENTRY.check(path), path, os.lstat(path), wanted.most - total)
        except FileNotFoundError:
            raise _Changed(path) from None
        except OSError as error:
            raise _unreadable(path, error) from None
        if seen is None:
            left_out.append(path)
            continue
        found[path] = seen
        total += len(seen[1])
        _demand_little(wanted, path, total, len(found))
    tree = Tree(
        tuple(entry for entry, _content in found.values()), {e.path: content for e, content in found.values() if e.kind == FILE}
    )
    return Collected(tree, tuple(absent), tuple(left_out))


def _named(wanted: Archive) -> tuple[list[str], list[str]]:
    """Paths that patterns stand for, with every directory above them as it is really called; and patterns for nothing."""
    places, absent = [], []
    for pattern in (*wanted.paths, *wanted.optional):
        matched = (
            glob.glob(pattern, include_hidden=True) if glob.has_magic(pattern) else [p for p in [pattern] if os.path.lexists(p)]
        )
        if not matched and pattern in wanted.paths:
            raise NotFound(f"there is no {pattern} on this host: correct paths, or name it in optional_paths")
        absent += [] if matched else [pattern]
        places += [os.path.join(os.path.realpath(os.path.dirname(one)), os.path.basename(one)) for one in matched]
    return places, absent


def _walked(places: Sequence[str], exclude: Sequence[str]) -> Iterator[str]:
    """The places and all below them, without what is excluded; a directory that cannot be read is an error."""
    stack = list(places)
    while stack:
        path = stack.pop()
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in exclude):
            continue
        yield path
        if os.path.isdir(path) and not os.path.islink(path):
            stack += _inside(path)


def _inside(path: str) -> list[str]:
    try:
        return [f"{path}/{name}" for name in os.listdir(path)]
    except FileNotFoundError:
        raise _Changed(path) from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _entry(path: str, place: str, status: os.stat_result, most: int) -> tuple[Entry, bytes] | None:
    owner, group = _owner(status.st_uid), _group(status.st_gid)
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, DIRECTORY, stat.S_IMODE(status.st_mode), owner, group), b""
    if stat.S_ISLNK(status.st_mode):
        return Entry(path, LINK, 0o777, owner, group, target=os.readlink(place)), b""
    if not stat.S_ISREG(status.st_mode):
        return None
    content, status = _read(place, most)
    digest = hashlib.sha256(content).hexdigest()
    mode, owner, group = stat.S_IMODE(status.st_mode), _owner(status.st_uid), _group(status.st_gid)
    return Entry(path, FILE, mode, owner, group, len(content), digest), content


def _read(place: str, most: int) -> tuple[bytes, os.stat_result]:
    """The bytes of one moment, at most one more than ``most``: what was opened is still there afterwards, and no newer."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _Changed(place) from None
    with open(descriptor, "rb") as file:
        before = os.fstat(descriptor)
        content = file.read(min(max(most, 0), before.st_size) + 1)
        after = os.fstat(descriptor)
    whole = len(content) > most or len(content) == after.st_size
    if not whole or _version(before) != _version(after) or _version(after) != _now(place):
        raise _Changed(place)
    return content, after


def _version(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _now(place: str) -> tuple[int, ...]:
    try:
        return _version(os.lstat(place))
    except FileNotFoundError:
        return ()


def _demand_little(wanted: Archive, path: str, total: int, entries: int) -> None:
    if total > wanted.most:
        raise Refused(
            f"with {path} the archive would be larger than {wanted.most // MIB} MiB, which is more than configuration mostly is: "
            "exclude what is data, or raise most_bytes"
        )
    if entries > MOST_ENTRIES:
        raise Refused(f"there are more than {MOST_ENTRIES} files and directories below what is named: name less, or exclude some")


def _owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _unreadable(path: str, error: OSError) -> Unavailable:
    return Unavailable(f"could not read {shown(path, 300)}: {error.strerror}; archive as a user who may, or exclude it")
