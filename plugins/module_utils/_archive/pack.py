# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tree as one compressed file and back. The same tree gives the same bytes, whenever and wherever it is packed.

It is a gzipped tar, so that people without this collection can read it too: ``manifest.json``, and the rest below ``files/``.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .model import DIRECTORY, ENTRY, FILE, LINK, MIB, ArchiveDamaged, Entry, Tree
from .plan import demand_order

FORMAT = 1
MANIFEST, BELOW = "manifest.json", "files"
TYPES = {FILE: tarfile.REGTYPE, DIRECTORY: tarfile.DIRTYPE, LINK: tarfile.SYMTYPE}
LONGEST_MANIFEST = 32 * MIB
ROOM_OF_TAR = 4096
"""Bytes that a tar takes for an entry, at most, besides its content."""


def manifest(name: str, tree: Tree) -> bytes:
    """All that there is to know of a tree but its bytes; its checksum is that of the content."""
    return json.dumps({"format": FORMAT, "name": name, "entries": [asdict(entry) for entry in tree.entries]}, indent=1).encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def packed(name: str, tree: Tree) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, Entry(MANIFEST, FILE, 0o600, "root", "root"), MANIFEST, manifest(name, tree))
        for entry in tree.entries:
            _add(tar, entry, f"{BELOW}{entry.path}", tree.contents.get(entry.path, b""))
    return gzip.compress(stream.getvalue(), mtime=0)


def unpacked(content: bytes, name: str, most: int) -> Tree:
    """The tree, held against its manifest to the last byte; raises ``ArchiveDamaged`` for whatever is not just that."""
    members = _members(_inflated(content, most))
    entries = _entries(members.pop(MANIFEST, (None, b""))[1], name)
    demand_order(entries)
    if extra := set(members) - {f"{BELOW}{entry.path}" for entry in entries}:
        raise ArchiveDamaged(f"the archive has {len(extra)} parts that its manifest does not name; nothing was touched")
    return Tree(entries, {entry.path: _content(entry, members) for entry in entries if _whole(entry, members)})


def _whole(entry: Entry, members: Mapping[str, tuple[Any, bytes]]) -> bool:
    """Whether an entry has bytes; raises ``ArchiveDamaged`` where it is missing, or of another kind."""
    member, _content = members.get(f"{BELOW}{entry.path}", (None, b""))
    if member is None:
        raise ArchiveDamaged(f"the archive does not have {entry.path}, which its manifest names; nothing was touched")
    if member.type != TYPES[entry.kind] or (entry.kind == LINK and member.linkname != entry.target):
        raise ArchiveDamaged(f"{entry.path} is something else in the archive than in its manifest; nothing was touched")
    return entry.kind == FILE


def _content(entry: Entry, members: Mapping[str, tuple[Any, bytes]]) -> bytes:
    content = members[f"{BELOW}{entry.path}"][1]
    if (len(content), digest(content)) != (entry.size, entry.sha256):
        raise ArchiveDamaged(f"{entry.path} has other bytes in the archive than were archived; nothing was touched")
    return content


def _add(tar: tarfile.TarFile, entry: Entry, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = TYPES[entry.kind], entry.mode, 0
    info.uname, info.gname, info.linkname, info.size = entry.owner, entry.group, entry.target, len(content)
    tar.addfile(info, io.BytesIO(content))


def _inflated(content: bytes, most: int) -> bytes:
    """A few bytes may say that they are very many, so it ends where more come than an archive may have."""
    inflating, limit = zlib.decompressobj(zlib.MAX_WBITS | 16), 2 * most + LONGEST_MANIFEST
    try:
        plain = inflating.decompress(content, limit)
    except zlib.error:
        raise ArchiveDamaged(
            "the archive cannot be decompressed, so it is not one that was archived; nothing was touched"
        ) from None
    if not inflating.eof or inflating.unused_data:
        raise ArchiveDamaged(
            f"the archive is cut, has something behind its end, or is larger than {most // MIB} MiB (most_bytes)"
        )
    return plain


def _members(plain: bytes) -> dict[str, tuple[Any, bytes]]:
    found: dict[str, tuple[Any, bytes]] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isreg() else None
                if member.name in found:
                    raise ArchiveDamaged("the archive has a part twice, so it is not one that was archived; nothing was touched")
                found[member.name] = (member, file.read() if file else b"")
    except (tarfile.TarError, ValueError, OSError, EOFError):
        raise ArchiveDamaged("the archive is no tar inside, so it is not one that was archived; nothing was touched") from None
    return found


def _entries(text: bytes, name: str) -> tuple[Entry, ...]:
    """What a manifest names; a path that leads out of where it is put, or a kind that there is not, is refused."""
    try:
        given = json.loads(text)
        written, whose = given["format"], given["name"]
        entries = tuple(_entry(one) for one in given["entries"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ArchiveDamaged("the archive has no manifest that can be read; nothing was touched") from None
    if written != FORMAT:
        raise ArchiveDamaged("the archive was written by a later version of mainstay.ops: read it with that one")
    if whose != name:
        raise ArchiveDamaged(f"this is an archive of {str(whose)[:100]!r} under the name of {name}; nothing was touched")
    return entries


def _is_path(path: object) -> bool:
    return isinstance(path, str) and len(path) <= ENTRY.longest and bool(re.fullmatch(ENTRY.pattern, path))


def _entry(given: Mapping[str, Any]) -> Entry:
    entry = Entry(**given)
    good = (
        _is_path(entry.path)
        and entry.kind in TYPES
        and isinstance(entry.mode, int)
        and 0 <= entry.mode <= 0o7777
        and isinstance(entry.target, str)
        and "\0" not in entry.target
        and all(isinstance(one, str) and 0 < len(one) < 100 and one.isprintable() for one in (entry.owner, entry.group))
    )
    if not good:
        raise ArchiveDamaged(
            "the manifest has a path, a kind or a mode that none can have that was archived; nothing was touched"
        )
    return entry
