# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Predicates over repositories and backups."""

from __future__ import annotations

from .model import Backup, Repository, Stanza

OK, NO_BACKUP = 0, 2
NEVER_MADE = {1, 3}
"""pgBackRest's codes for a repository that was never prepared for the stanza, or lost what says so."""
EARLY = 0.02
"""Part of its time by which a full backup may come early, so that one each week stays on its day: a timer is never exact."""


def is_open(repository: Repository) -> bool:
    """It can be read, and a backup can be taken into it, though it may hold none yet."""
    return repository.code in (OK, NO_BACKUP)


def is_readable(repository: Repository) -> bool:
    """What pgBackRest says of it is known, though it may be that nothing is there."""
    return is_open(repository) or never_made(repository)


def never_made(repository: Repository) -> bool:
    return repository.code in NEVER_MADE


def is_old(backup: Backup, seconds: float, now: float) -> bool:
    """It is time for the next one."""
    return now - backup.start >= seconds * (1 - EARLY)


def is_archived(backup: Backup, stanza: Stanza) -> bool:
    """The write-ahead log that it needs to be consistent came into its repository."""
    archive = stanza.archive(backup.repository)
    return archive is not None and archive.oldest <= backup.wal_start and backup.wal_stop <= archive.newest
