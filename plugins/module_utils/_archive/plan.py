# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an archive and a restore do, and what they refuse before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._core.errors import MainstayError, NotFound, Refused
from .._core.plan import Plan, Step
from .._core.text import listed
from .model import (
    DIRECTORY,
    ENDING,
    MIB,
    Archive,
    ArchiveDamaged,
    Entry,
    LeadsOutside,
    Note,
    OthersThere,
    Place,
    Restore,
    Shelf,
    Tree,
)
from .ready import below, difference, expired, has_room, in_words, is_current


@dataclass(frozen=True)
class Collected:
    """What was found on the host: the tree, patterns that nothing matched, and what is neither file, directory nor link."""

    tree: Tree
    absent: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Live:
    """What there is where entries are to go: by the path of the archive, without those that are not there.

    ``outside`` are paths that go through a symbolic link, ``strangers`` owners and groups that this host does not know.
    """

    tree: Tree = field(default_factory=Tree)
    outside: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    free: int = 0


@dataclass(frozen=True)
class Found:
    """All that an archive is planned from. ``stamp`` is now, ``cutoff`` the end of what is kept; ``away`` is what the bucket has,
    None without one or with ``trouble`` that kept it from being read. ``content`` is the checksum of the manifest that
    would be archived.
    """

    collected: Collected
    content: str
    shelf: Shelf
    stamp: str
    cutoff: str
    away: Shelf | None = None
    trouble: MainstayError | None = None
    packed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Opened:
    """All that a restore is planned from: an archive that was proven whole, and what there is where it goes."""

    note: Note
    tree: Tree
    live: Live
    stamp: str


def archive_plan(wanted: Archive, found: Found) -> Plan:
    """What runs that were killed have left goes first, then the archive is taken and copied, and then old ones go."""
    if not found.collected.tree.entries:
        raise NotFound(f"none of {listed(found.collected.absent[:5])} is there on this host, so there is nothing to archive")
    made = [] if found.shelf.exists else [Step("create", wanted.dest, "absent", "a directory of mode 0700")]
    left = [Step("remove", path, "left by a run that was killed", "gone") for path in found.shelf.leftovers]
    taken = _taken(wanted, found)
    notes = [*found.shelf.archives, *([_to_come(wanted, found)] if taken else [])]
    old = [*_expired(wanted, found, notes), *_expired_away(wanted, found, notes)]
    return Plan((*made, *left, *taken, *_copies(wanted, found, notes), *old))


def current(found: Found, wanted: Archive) -> Note | None:
    """The newest archive, if it has all that is there now."""
    newest = found.shelf.archives[-1:]
    return newest[0] if newest and is_current(newest[0], found.content, wanted.recipients) else None


def name(wanted: Archive, found: Found) -> str:
    return f"{wanted.name}_{found.stamp}{ENDING}"


def _taken(wanted: Archive, found: Found) -> list[Step]:
    if current(found, wanted):
        return []
    if not has_room(found.shelf.free, len(found.packed)):
        raise Refused(
            f"{wanted.dest} has {found.shelf.free // MIB} MiB left, and the archive takes {len(found.packed) // MIB + 1} MiB: "
            "make room, or give another dest"
        )
    entries = found.collected.tree.entries
    before = f"archive of {found.shelf.archives[-1].when}, which has another content" if found.shelf.archives else "absent"
    return [
        Step("archive", f"{wanted.dest}/{name(wanted, found)}", before, f"{len(entries)} entries of {wanted.name}, encrypted")
    ]


def _to_come(wanted: Archive, found: Found) -> Note:
    return Note(name(wanted, found), wanted.name, "", 0, "", 0, ())


def _copies(wanted: Archive, found: Found, notes: Sequence[Note]) -> list[Step]:
    """Each archive that stays here, and that the bucket has not in this size."""
    if wanted.place is None or found.away is None:
        return []
    sizes = {note.file: note.bytes for note in found.away.archives}
    copy = [note for note in _staying(notes, found) if sizes.get(note.file) != note.bytes]
    return [Step("copy", _url(wanted.place, note.file), "absent", "a copy", note.file) for note in copy]


def _expired(wanted: Archive, found: Found, notes: Sequence[Note]) -> list[Step]:
    gone = expired(notes, found.cutoff)
    return [Step("expire", f"{wanted.dest}/{note.file}", f"archive of {note.stamp}", "gone", note.file) for note in gone]


def _expired_away(wanted: Archive, found: Found, notes: Sequence[Note]) -> list[Step]:
    """The bucket may have archives that the directory has no more, and they stay for as long."""
    place, away = wanted.place, found.away
    if place is None or away is None or not wanted.expire_copies:
        return []
    there = {note.file for note in away.archives}
    both = {note.file: note for note in (*away.archives, *_staying(notes, found))}
    gone = [note for note in expired(sorted(both.values(), key=lambda note: note.stamp), found.cutoff) if note.file in there]
    return [Step("expire_copy", _url(place, note.file), f"archive of {note.stamp}", "gone", note.file) for note in gone]


def _staying(notes: Sequence[Note], found: Found) -> list[Note]:
    gone = expired(notes, found.cutoff)
    return [note for note in notes if note not in gone]


def _url(place: Place, file: str) -> str:
    return f"s3://{place.bucket.name}/{place.key(file)}"


def restore_plan(wanted: Restore, found: Opened) -> Plan:
    """Only what differs is brought back; without a place to bring it to, nothing is."""
    entries = selected(wanted, found.tree)
    there = {entry.path: entry for entry in found.live.tree.entries}
    if not (wanted.to or wanted.replace):
        return Plan()
    differing = [(entry, there.get(entry.path)) for entry in entries if differs(wanted, entry, there.get(entry.path))]
    _refuse(wanted, found, differing)
    kept = f"{wanted.kept}/{wanted.source.name}_{found.stamp}"
    replaced = [old for _entry, old in differing if old and old.kind != DIRECTORY]
    keep = [Step("keep", kept, "absent", f"what {len(replaced)} files were before")] if replaced else []
    steps = [Step("restore", wanted.where(e.path), in_words(old), in_words(e), (e, old)) for e, old in differing]
    return Plan((*keep, *steps))


def selected(wanted: Restore, tree: Tree) -> tuple[Entry, ...]:
    """The entries that are named, all if none is; raises ``NotFound`` for a name that the archive does not have."""
    for path in wanted.paths:
        if not any(below(entry.path, [path]) for entry in tree.entries):
            raise NotFound(f"the archive has no {path}; config_restore without to and replace lists what it has")
    return tuple(entry for entry in tree.entries if below(entry.path, wanted.paths))


def differences(wanted: Restore, found: Opened) -> list[Mapping[str, str]]:
    """Each entry with what of it differs; no content."""
    there = {entry.path: entry for entry in found.live.tree.entries}
    return [
        {
            "path": entry.path,
            "difference": differs(wanted, entry, there.get(entry.path)) or "none",
            "before": in_words(there.get(entry.path)),
            "after": in_words(entry),
        }
        for entry in selected(wanted, found.tree)
    ]


def differs(wanted: Restore, entry: Entry, there: Entry | None) -> str:
    """Beside, everything belongs to whoever brings it back."""
    found = difference(entry, there)
    return "" if found == "owner" and wanted.to else found


def demand_order(entries: Sequence[Entry]) -> None:
    """Raise ``ArchiveDamaged`` where an entry lies in one that is no directory, or is there twice."""
    kinds: dict[str, str] = {}
    for entry in entries:
        if entry.path in kinds:
            raise ArchiveDamaged(f"the manifest has {entry.path} twice, so it is not one that was archived; nothing was touched")
        kinds[entry.path] = entry.kind
    for path in kinds:
        above = [path[:at] for at in range(1, len(path)) if path[at] == "/"]
        if any(kinds.get(one, DIRECTORY) != DIRECTORY for one in above):
            raise ArchiveDamaged(f"the manifest has {path} in something that is no directory; nothing was touched")


def _refuse(wanted: Restore, found: Opened, differing: Sequence[tuple[Entry, Entry | None]]) -> None:
    if found.live.outside:
        raise LeadsOutside(
            f"{listed(found.live.outside[:3])} would be written elsewhere, as a directory on the way is a symbolic link now: "
            "see who made it, or bring it back beside (to)"
        )
    if wanted.replace and found.live.strangers:
        raise Refused(
            f"this host does not know {listed(found.live.strangers[:5])}: create them first, or bring it back beside (to)"
        )
    if wanted.to and (others := [entry.path for entry, old in differing if old and entry.kind != DIRECTORY]):
        raise OthersThere(
            f"{wanted.to} has another {listed(others[:3])} already, and nothing there is overwritten: give a new directory"
        )
    if kinds := [entry.path for entry, old in differing if old and old.kind != entry.kind]:
        raise OthersThere(
            f"{listed(kinds[:3])} is of another kind than in the archive (a file, a directory, a link): move it away first"
        )
    size = 2 * sum(entry.size for entry, _old in differing)
    if differing and not has_room(found.live.free, size):
        raise Refused(f"there are {found.live.free // MIB} MiB left, and this takes {size // MIB + 1} MiB: make room")
