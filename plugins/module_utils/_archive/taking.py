# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking an archive: it is encrypted, written, read back, decrypted and compared before it bears its name."""

from __future__ import annotations

import time

from .._core.errors import Refused
from . import mirror, pack, sealed, shelf
from .model import FILE, STAMP, Archive, ArchiveDamaged, Note, Place
from .plan import Found, name


def taken(wanted: Archive, found: Found) -> Note:
    tree, file = found.collected.tree, name(wanted, found)
    identity, proof = sealed.proof_key()
    content = sealed.sealed(found.packed, (*wanted.recipients, proof))
    note = Note(
        file=file,
        name=wanted.name,
        when=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.strptime(found.stamp, STAMP)),
        bytes=len(content),
        sha256=pack.digest(content),
        files=sum(entry.kind == FILE for entry in tree.entries),
        recipients=wanted.recipients,
        content=found.content,
    )
    if any(file == one.file for one in shelf.seen(wanted.dest, wanted.name).archives):
        raise Refused(f"another run has just put {file} into {wanted.dest}: run again")
    shelf.put(
        wanted.dest, note, content, lambda back: pack.unpacked(sealed.opened(back, identity), wanted.name, wanted.most) == tree
    )
    return note


def copied(wanted: Archive, place: Place, file: str) -> None:
    """Copy an archive of the directory into the bucket, just as it was taken."""
    note = next(one for one in shelf.seen(wanted.dest, wanted.name).archives if one.file == file)
    content = shelf.fetched(wanted.dest, note)
    if not mirror.is_whole(content, note):
        raise ArchiveDamaged(f"{wanted.dest}/{file} is not what was archived, and was not copied: check the disk")
    mirror.put(place, note, content)
