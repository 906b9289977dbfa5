# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backup a recovery begins with."""

from __future__ import annotations

from collections.abc import Iterable

from .._core.errors import NotFound, Refused
from .._core.text import listed, moment, shown
from .model import Backup, Stanza
from .target import Target
from .wal import lsn, lsn_text

SHOWN = 5


def choose(stanza: Stanza, aim: Target, label: str = "", repository: int = 0) -> Backup:
    """The newest good backup that ended before the target, or the one that was asked for if it did.

    Raises ``NotFound`` where there is none, and ``Refused`` for one that ended too late.
    """
    usable = [one for one in stanza.backups if is_usable(stanza, one) and repository in (0, one.repository)]
    if not usable:
        raise NotFound(f"the stanza {stanza.name} has no good backup of the cluster as it is now{_where(repository)}: take one")
    return _labelled(usable, aim, label) if label else _newest(usable, aim)


def is_usable(stanza: Stanza, backup: Backup) -> bool:
    """It is whole, and of the cluster that the repository belongs to now."""
    identity = stanza.identity(backup.repository)
    return bool(backup.lsn_stop) and not backup.damaged and identity is not None and identity.id == backup.identity


def ends_before(backup: Backup, aim: Target) -> bool:
    """A backup is consistent only from its end on, so no target may lie before it."""
    position = aim.lsn
    return backup.stop < aim.moment if position is None else lsn(backup.lsn_stop) <= position


def _labelled(usable: Iterable[Backup], aim: Target, label: str) -> Backup:
    named = [one for one in usable if one.label == label]
    if not named:
        raise NotFound(f"there is no good backup {shown(label)}; the last ones are {_names(usable)}")
    if not ends_before(named[0], aim):
        raise Refused(f"{_end(named[0])}, after the target {aim.shown}: leave backup away, and the best one is chosen")
    return named[0]


def _newest(usable: Iterable[Backup], aim: Target) -> Backup:
    """Of equals the one in the repository that the configuration names first."""
    before = [one for one in usable if ends_before(one, aim)]
    if not before:
        oldest = min(usable, key=lambda one: one.stop)
        raise Refused(f"no backup is old enough for the target {aim.shown}: the oldest, {_end(oldest)}; choose a later target")
    return max(before, key=lambda one: (one.stop, -one.repository))


def _end(backup: Backup) -> str:
    return (
        f"{backup.label} in repository {backup.repository}, ended at {moment(backup.stop)} and {lsn_text(lsn(backup.lsn_stop))}"
    )


def _names(backups: Iterable[Backup]) -> str:
    return listed(sorted({one.label for one in backups})[-SHOWN:])


def _where(repository: int) -> str:
    return f" in repository {repository}" if repository else ""
