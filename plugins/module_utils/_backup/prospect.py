# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks into the repositories for what a recovery would begin with, and whether it gets there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from .._core.errors import NotFound, Refused
from . import info, pgbackrest
from .archive import archived, witness
from .choose import choose
from .data import free_bytes
from .forecast import Measured, forecast
from .model import Backup, Place, Stanza
from .reach import Archived, Fork, Reach, chosen_way, fork, reach
from .restoration import Prospect, Source
from .restore_plan import needed_segments
from .room import room
from .target import LSN, NAME, Target
from .wal import SEGMENT_SIZE, lsn, parsed_name

DEBIAN = "/usr/lib/postgresql/{version}/bin"


def look(place: Place) -> Stanza:
    """What lies in the repositories; one that does not answer is left out."""
    return info.stanza(place.stanza, pgbackrest.info(place))


def prospect(
    source: Source, aim: Target, stanza: Stanza, parent: Path, point: int | None = None, before: Sequence[Measured] = ()
) -> Prospect:
    """Everything about a recovery to the target into ``parent``; ``point`` is where the named restore point lies."""
    began = time.monotonic()
    backup = choose(stanza, _position(source, aim, point), source.backup, source.repository)
    identity = stanza.identity(backup.repository)
    if identity is None:
        raise NotFound(f"repository {backup.repository} does not say of which cluster its backups are: run stanza-create")
    binaries, size = programs(source, identity.version), SEGMENT_SIZE
    there = archived(source.place, stanza, size)
    row = row_from(backup, there, source.timeline, size)
    end = witness(source.place, binaries, row)
    needed = row.until(needed_segments(aim, backup, row, point)) if row.segments else row
    return Prospect(
        backup=backup,
        system_id=identity.system_id,
        version=identity.version,
        reach=row,
        needed=needed,
        latest=end.ended,
        record=end.record,
        room=room(backup.size, len(needed.segments), free_bytes(parent), size),
        forecast=forecast(backup.size, len(needed.segments), before),
        point=point,
        fork=None if source.timeline else fork_after(backup, there, size),
        there=there,
        looked_s=time.monotonic() - began,
    )


def programs(source: Source, version: str) -> Path:
    """Where this version's programs are."""
    found = Path(source.binaries or DEBIAN.format(version=version))
    if not (found / "postgres").exists():
        raise NotFound(
            f"PostgreSQL {version} is not in {found}: install the Debian package postgresql-{version}, or give binaries"
        )
    return found


def row_from(backup: Backup, there: Archived, timeline: int | None, size: int = SEGMENT_SIZE) -> Reach:
    """The segments in a row from the backup's first on, along the timeline that goes on from it."""
    parsed = parsed_name(backup.wal_start, size)
    if parsed is None:
        raise NotFound(f"the backup {backup.label} does not say with which segment it begins: choose another one")
    own, begin = parsed
    return reach(begin, chosen_way(own, lsn(backup.lsn_stop), there.histories, timeline), there.segments, size)


def fork_after(backup: Backup, there: Archived, size: int = SEGMENT_SIZE) -> Fork | None:
    """Where the way that is taken by itself left another behind."""
    own, _begin = parsed_name(backup.wal_start, size) or (1, 0)
    return fork(chosen_way(own, lsn(backup.lsn_stop), there.histories), there.segments, size)


def _position(source: Source, aim: Target, point: int | None) -> Target:
    """A restore point is chosen for by its position."""
    if aim.kind != NAME:
        return aim
    if point is not None:
        return Target(LSN, point)
    if source.backup:
        return aim
    raise Refused(
        f"nothing is written down here of a restore point {aim.at}, so no backup can be chosen for it: "
        "give backup, one that ended before the point, or the LSN of the point"
    )
