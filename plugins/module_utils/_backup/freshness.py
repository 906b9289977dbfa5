# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How old the backups of a repository are, whether they are of the right cluster, and whether they have a sensible size."""

from __future__ import annotations

from collections.abc import Iterator

from .._core.text import moment
from .evidence import Finding, Limits, Seen, finding, unknown
from .model import FULL, Backup


def fresh(seen: Seen, limits: Limits, repository: int) -> Iterator[Finding]:
    good = seen.good(repository)
    fulls = [backup for backup in good if backup.kind == FULL]
    yield _aged("full_age", fulls, seen.now, limits.full_age, repository)
    yield _aged("backup_age", good, seen.now, limits.backup_age, repository)
    yield _identity(seen, repository)
    yield _pages(seen, repository)
    yield from _sized(good, limits, repository)


def _aged(check: str, backups: list[Backup] | tuple[Backup, ...], now: float, limit: float, repository: int) -> Finding:
    kind = "full backup" if check == "full_age" else "backup"
    if not backups:
        return finding(check, False, f"there is no good {kind} of this cluster: take one", repository, limit=limit)
    newest = backups[-1]
    age = now - newest.stop
    told = f"the newest good {kind}, {newest.label}, is of {moment(newest.stop)}, {age:.0f} s ago; {limit:.0f} s are allowed"
    return finding(check, age <= limit, told, repository, value=age, limit=limit)


def _identity(seen: Seen, repository: int) -> Finding:
    """Backups of another cluster than the one that runs are no backups of it."""
    theirs = seen.stanza.identity(repository)
    if theirs is None or seen.server is None:
        return unknown("cluster", seen.trouble or "the repository does not say of which cluster it has backups", repository)
    ours = seen.server.cluster
    is_same = (theirs.system_id, theirs.version) == (ours.system_id, ours.version)
    there = f"the repository is of the cluster {theirs.system_id} of PostgreSQL {theirs.version}"
    here = "which is the one here" if is_same else f"and here is {ours.system_id} of PostgreSQL {ours.version}"
    return finding("cluster", is_same, f"{there}, {here}", repository)


def _pages(seen: Seen, repository: int) -> Finding:
    """pgBackRest lists a backup in which it met wrong page checksums, and marks it."""
    damaged = [backup.label for backup in seen.stanza.of(repository) if backup.damaged]
    is_newest = bool(damaged) and seen.stanza.of(repository)[-1].damaged
    told = (
        f"pages with wrong checksums were met in {damaged[-1]}: the database itself is damaged"
        if damaged
        else "no backup has any"
    )
    return finding("pages", not is_newest, told, repository, value=len(damaged), limit=0)


def _sized(good: tuple[Backup, ...], limits: Limits, repository: int) -> Iterator[Finding]:
    if not good:
        return
    newest = good[-1]
    told = f"{newest.label} is of a database of {newest.size} bytes; at least {limits.least_size} are expected"
    yield finding("size", newest.size >= limits.least_size, told, repository, value=newest.size, limit=limits.least_size)
    if len(good) > 1:
        least = limits.shrinks * good[-2].size
        told = f"{newest.label} is of {newest.size} bytes, the one before of {good[-2].size}; at least {least:.0f} are expected"
        yield finding("shrunk", newest.size >= least, told, repository, value=newest.size, limit=least)
