# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes a backup into one repository, and believes it only when the repository shows it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from . import contents, info, pgbackrest
from .completeness import is_cut
from .evidence import Contents
from .model import FULL, Backup, BackupNotProven, Place, Stanza
from .plan import closed
from .ready import is_archived, is_open


@dataclass(frozen=True)
class Taken:
    """A backup that is there, how many seconds taking it took, and what pgBackRest warned of."""

    backup: Backup
    seconds: float
    warnings: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """Bytes of the database that were copied in a second, from the first to the last call."""
        return self.backup.copied / self.seconds


@dataclass(frozen=True)
class Order:
    """Which backup goes where, within how many seconds, and with which annotations."""

    repository: int
    kind: str
    timeout: float
    notes: Mapping[str, str]


def take(place: Place, order: Order, before: Stanza) -> Taken:
    """Older backups are expired only after the new one is proven good, so a bad one costs none of them."""
    repository = before.repository(order.repository)
    if not is_open(repository):
        raise closed(repository)
    known = {backup.label for backup in before.of(order.repository)}
    began = time.monotonic()
    said = pgbackrest.backup(place, order.repository, order.kind, order.notes, order.timeout)
    seconds = max(0.001, time.monotonic() - began)
    taken = prove(place, order.repository, known)
    if order.kind == FULL != taken.kind:
        raise BackupNotProven(f"{taken.label} in repository {order.repository} was to be a full backup: see pgBackRest's log")
    expired = pgbackrest.expire(place, order.repository)
    return Taken(taken, seconds, (*said.warnings, *expired.warnings))


def prove(place: Place, repository: int, known: set[str]) -> Backup:
    """The backup that is new there: whole, without wrong pages, and with the log that it needs."""
    stanza = info.stanza(place.stanza, pgbackrest.info(place))
    fresh = [backup for backup in stanza.of(repository) if backup.label not in known]
    if not fresh:
        raise BackupNotProven(
            f"pgBackRest took a backup and repository {repository} does not list it: run it again and see its log"
        )
    backup = fresh[-1]
    if backup.damaged:
        raise BackupNotProven(
            f"{backup.label} in repository {repository} has pages with wrong checksums: the database itself is damaged. No older "
            "backup was removed. See pgBackRest's log for the files, and restore them from an older one"
        )
    if not is_archived(backup, stanza):
        raise BackupNotProven(f"{backup.label} in repository {repository} needs log up to {backup.wal_stop}, which is not there")
    if is_cut(backup, stored(place, repository, backup.label)):
        raise BackupNotProven(
            f"{backup.label} in repository {repository} has fewer bytes than pgBackRest wrote: see to the storage"
        )
    return backup


def stored(place: Place, repository: int, label: str = "") -> Contents:
    """What of one backup, or of all of them, lies there."""
    below = f"backup/{place.stanza}"
    listed = contents.files(pgbackrest.listing(place, repository, f"{below}/{label}" if label else below))
    if label:
        listed = {f"{label}/{name}": file for name, file in listed.items()}
    return Contents(stored=contents.stored(listed), manifests=contents.manifests(listed))
