# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a repository is kept as it should be: readable, encrypted, with a retention, and with room for the next backup."""

from __future__ import annotations

from collections.abc import Iterator

from .evidence import Finding, Limits, Seen, finding, unknown
from .model import FULL, Repository, Storage
from .ready import is_readable

NONE = "none"


def protected(seen: Seen, limits: Limits, storage: Storage) -> Iterator[Finding]:
    repository = seen.stanza.repository(storage.number)
    yield _readable(repository)
    yield _encrypted(repository, limits)
    yield _retention(storage)
    if is_readable(repository):
        yield _fulls(seen, limits, storage.number)
    yield from _space(seen, limits, storage.number)


def _readable(repository: Repository) -> Finding:
    told = repository.problem or "it can be read"
    if is_readable(repository):
        return finding("repository", repository.code == 0, told, repository.number)
    return unknown("repository", f"it could not be read: {told}", repository.number)


def _encrypted(repository: Repository, limits: Limits) -> Finding:
    is_on = repository.cipher != NONE
    told = f"it is encrypted with {repository.cipher}" if is_on else "it is not encrypted"
    return finding("encryption", is_on or not limits.encrypted, told, repository.number)


def _retention(storage: Storage) -> Finding:
    if not storage.fulls:
        told = f"nothing limits it: set repo{storage.number}-retention-full, or the disk fills up until nothing can be archived"
        return finding("retention", False, told, storage.number)
    unit = "days" if storage.by_time else "full backups"
    return finding("retention", True, f"it keeps {storage.fulls} {unit}", storage.number, value=storage.fulls)


def _fulls(seen: Seen, limits: Limits, repository: int) -> Finding:
    count = sum(backup.kind == FULL for backup in seen.good(repository))
    told = f"it has {count} good full backups; at least {limits.least_fulls} are expected"
    return finding("fulls", count >= limits.least_fulls, told, repository, value=count, limit=limits.least_fulls)


def _space(seen: Seen, limits: Limits, repository: int) -> Iterator[Finding]:
    """Only where the repository is a directory of this host; the next full backup must fit."""
    contents = seen.contents[repository]
    if contents.free is None or not contents.total:
        return
    fulls = [backup.stored for backup in seen.good(repository) if backup.kind == FULL]
    least = max(limits.least_free * contents.total, fulls[-1] if fulls else 0)
    told = f"{contents.free} of {contents.total} bytes are free; at least {least:.0f} are expected"
    yield finding("space", contents.free >= least, told, repository, value=contents.free, limit=least)
