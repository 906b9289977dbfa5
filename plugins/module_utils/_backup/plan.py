# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups are taken, one repository after the other, and when none is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .._core.errors import InvalidInput, Unavailable
from .._core.plan import Plan, Step
from .._core.text import listed
from .model import (
    FULL,
    Backup,
    Cluster,
    KeepsTooLittle,
    Repository,
    Settings,
    Stanza,
    StanzaBusy,
    StanzaMissing,
    Storage,
    WrongCluster,
)
from .ready import is_old, is_open, never_made

AUTO = "auto"
BACKUP = "backup"


@dataclass(frozen=True)
class Taking:
    """What is wanted: a kind, or ``auto``: a full backup each ``full_every`` seconds, and ``between`` them another kind."""

    kind: str = AUTO
    full_every: float = 7 * 86400.0
    between: str = "incr"
    repositories: tuple[int, ...] = ()


@dataclass(frozen=True)
class Found:
    """The configuration, what lies in the repositories, and the cluster of this host, None where it is on another."""

    settings: Settings
    stanza: Stanza
    cluster: Cluster | None
    now: float = field(compare=False, default=0.0)


def plan(wanted: Taking, found: Found) -> Plan:
    """A step for each repository; raises a ``Refused`` where a backup could not be one, or would cost others."""
    storages = chosen(wanted.repositories, found.settings)
    for storage in storages:
        _refuse_retention(storage)
    _refuse_closed([found.stanza.repository(storage.number) for storage in storages])
    _refuse_cluster(found, storages)
    if found.stanza.busy:
        raise StanzaBusy(
            f"a backup or an expiration of the stanza {found.stanza.name} is under way on this host: "
            "wait until it has ended, and run again"
        )
    return Plan(tuple(_step(wanted, found, storage.number) for storage in storages))


def chosen(numbers: Iterable[int], settings: Settings) -> tuple[Storage, ...]:
    """The repositories of these numbers, in the order of the configuration; of no numbers, all."""
    wanted, there = set(numbers), {one.number for one in settings.repositories}
    if wanted - there:
        missing, known = (listed(str(one) for one in sorted(some)) for some in (wanted - there, there))
        raise InvalidInput(f"the configuration has no repository {missing}: it has {known}")
    return tuple(one for one in settings.repositories if one.number in wanted or not wanted)


def kind_for(wanted: Taking, good: Iterable[Backup], now: float) -> str:
    """A full backup where there is none yet, which the others rest on."""
    fulls = [backup for backup in good if backup.kind == FULL]
    if not fulls:
        return FULL
    if wanted.kind != AUTO:
        return wanted.kind
    return FULL if is_old(fulls[-1], wanted.full_every, now) else wanted.between


def _step(wanted: Taking, found: Found, repository: int) -> Step:
    current = found.stanza.identity(repository)
    backups = [one for one in found.stanza.of(repository) if current and one.identity == current.id]
    kind = kind_for(wanted, [one for one in backups if not one.damaged], found.now)
    return Step(BACKUP, f"repo{repository}", backups[-1].label if backups else "", f"a new {kind} backup", (repository, kind))


def _refuse_retention(storage: Storage) -> None:
    if 0 in (storage.fulls, storage.archive):
        raise KeepsTooLittle(
            f"the retention of repository {storage.number} would leave nothing to restore: "
            f"set repo{storage.number}-retention-full, and repo-retention-archive where it is given, to 1 or more"
        )


def _refuse_closed(repositories: Sequence[Repository]) -> None:
    """One that cannot be reached leaves the others their backup."""
    for repository in repositories:
        if never_made(repository):
            raise StanzaMissing(
                f"repository {repository.number} does not know the stanza ({repository.problem}): run pgbackrest stanza-create"
            )
    if not any(is_open(repository) for repository in repositories):
        raise closed(repositories[0])


def closed(repository: Repository) -> Unavailable:
    """The error for a repository that nothing can be done with."""
    return Unavailable(f"repository {repository.number} cannot be read: {repository.problem}; see to it, and run again")


def _refuse_cluster(found: Found, storages: Iterable[Storage]) -> None:
    cluster = found.cluster
    if cluster is None:
        return
    if not cluster.runs:
        raise WrongCluster(f"the server of {found.settings.data} does not run, and a backup is taken of a running one: start it")
    if cluster.standby:
        raise WrongCluster("the server is a standby: take the backup on the host of its primary")
    for storage in storages:
        theirs = found.stanza.identity(storage.number)
        if theirs and (theirs.system_id, theirs.version) != (cluster.system_id, cluster.version):
            raise WrongCluster(
                f"repository {storage.number} is of the cluster {theirs.system_id} of PostgreSQL {theirs.version}, and here is "
                f"{cluster.system_id} of PostgreSQL {cluster.version}: give the right stanza, or run pgbackrest stanza-upgrade"
            )
