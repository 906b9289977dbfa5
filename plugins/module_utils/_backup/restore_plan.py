# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restore does, and everything for which it is refused before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from .._core.plan import Plan, Step
from .._core.text import listed, moment
from .model import Backup
from .reach import Reach
from .restoration import DONE, READY, Data, Found, Journal, NoRoom, NotOurData, OutOfReach, Prospect, Restoration, ServerRuns
from .reuse import to_reuse
from .room import Room
from .target import LATEST, TIME, Target
from .wal import lsn_text, segment_of

CLEAN, RESTORE, RECOVER, CHECK, SWAP, DISCARD = "clean", "restore", "recover", "check", "swap", "discard"


def plan_restore(wanted: Restoration, found: Found) -> Plan:
    """Restore beside, recover, check, swap; what a killed run left is finished if it may be, and cleaned up if not."""
    demand_ours(found)
    if is_done(wanted, found):
        return Plan()
    if is_ready(wanted, found):
        return Plan((_swap(found, found.journal.before if found.journal else ""),))
    if found.prospect is None:
        raise OutOfReach("there is nothing to restore from")
    demand_reachable(wanted.aim, found.prospect)
    demand_room(str(PurePath(found.data.path).parent), found.prospect.room)
    return Plan((*_cleaning(found), *_restoring(wanted, found, found.prospect)))


def foresee(wanted: Restoration, found: Found) -> Plan:
    """Nothing is done, and what would be refused once the server is stopped is refused now."""
    plan_restore(wanted, replace(found, data=replace(found.data, pid=0)))
    return Plan()


def plan_discard(found: Found) -> Plan:
    """The old data that restores put aside goes, and what a killed one left; never the last that there is."""
    if not found.data.system_id:
        raise NotOurData(
            f"{found.data.path} holds no data, so what a restore kept may be the last there is: run the restore again, then "
            "discard; nothing was removed"
        )
    return Plan((*_cleaning(found), *(Step(DISCARD, path, "the data before a restore", "") for path in found.old)))


def demand_ours(found: Found) -> None:
    """Nothing but the stopped cluster of this stanza, or an empty place, may be replaced."""
    data = found.data
    if data.pid:
        raise ServerRuns(f"a server runs on {data.path} (pid {data.pid}): stop it first, then run again; nothing was touched")
    if found.configured != data.path:
        raise NotOurData(
            f"the stanza's data directory is {found.configured or 'on another host'}, not {data.path}: is this the right host, "
            "and the right stanza? Nothing was touched"
        )
    if not data.is_empty and not data.system_id:
        raise NotOurData(f"{data.path} is not empty and holds no data of PostgreSQL: see what it is, move it away, and run again")
    expected = found.prospect.system_id if found.prospect else data.system_id
    if data.system_id and data.system_id != expected:
        raise NotOurData(
            f"{data.path} holds another cluster: its system identifier is {data.system_id}, the stanza's {expected}. "
            "Is this the right host? Nothing was touched"
        )
    demand_movable(data)


def demand_movable(data: Data) -> None:
    """What cannot change places with a copy beside it, or must not."""
    if data.is_mount:
        raise NotOurData(
            f"{data.path} is a mount point or a link, and cannot change places: put the data into a directory below it, "
            "or name the place that it leads to"
        )
    if data.is_standby:
        raise NotOurData(
            f"{data.path} is that of a standby: restored, it would be a second primary. Restore the primary, "
            "then build this one anew from it"
        )
    if data.tablespaces:
        raise NotOurData(
            f"{data.path} has tablespaces, which restoring beside does not do: restore by hand with --tablespace-map"
        )


def demand_reachable(aim: Target, prospect: Prospect) -> None:
    """The log must lead from the backup's beginning over its end to the target."""
    needed_end = prospect.backup.wal_stop
    if not prospect.reach.segments or prospect.reach.last[8:] < needed_end[8:]:
        first = prospect.reach.missing or prospect.backup.wal_start
        raise OutOfReach(f"the backup {prospect.backup.label} cannot be used: its segment {first} is missing; choose another one")
    demand_one_past(aim, prospect)
    said = _end(prospect)
    details = {"latest": moment(prospect.latest) if prospect.latest else "", "missing": prospect.reach.missing}
    if aim.kind == LATEST and prospect.reach.missing:
        raise OutOfReach(
            f"the segment {prospect.reach.missing} is missing, though later ones are there: {said}. "
            "If that is enough, give it as the target",
            **details,
        )
    if aim.kind == TIME and prospect.latest is not None and aim.moment >= prospect.latest:
        raise OutOfReach(f"the target {aim.shown} cannot be reached: {said}{_why(prospect)}", **details)
    if (aim.lsn is not None and aim.lsn > prospect.record) or (prospect.point or 0) > prospect.reach.end:
        raise OutOfReach(f"the target {aim.shown} cannot be reached: {said}{_why(prospect)}", **details)


def demand_one_past(aim: Target, prospect: Prospect) -> None:
    """After a restore there are two pasts behind its target: what was first, and what came after the restore."""
    fork = prospect.fork
    if fork is None or aim.kind == LATEST:
        return
    aims_behind = (aim.lsn is not None and aim.lsn > fork.begins) or (aim.kind == TIME and fork.since < aim.moment < fork.until)
    if aims_behind:
        raise OutOfReach(
            f"{aim.shown} may be meant on timeline {fork.older}, as it went on until a restore, or on timeline {fork.newer}, "
            f"which that restore began at {lsn_text(fork.begins)}: say with timeline which of them; nothing was touched"
        )


def demand_room(where: str, room: Room) -> None:
    """Of a disk that is full in the middle of it nobody has anything."""
    if not room.suffices:
        raise NoRoom(
            f"in {where} {size(room.needed)} are needed and {size(room.free)} are free: "
            "discard what earlier restores kept, make room, or give another place",
            needed=room.needed,
            free=room.free,
        )


def is_done(wanted: Restoration, found: Found) -> bool:
    """The last restore was this one, and no server ran on its data since."""
    journal = found.journal
    return _is_same(wanted, journal, DONE) and journal is not None and journal.checkpoint == found.data.checkpoint


def is_ready(wanted: Restoration, found: Found) -> bool:
    """A run was killed when all was restored and checked, and no server ran on the old data since."""
    journal = found.journal
    if journal is None or not _is_same(wanted, journal, READY):
        return False
    if not found.data.is_there:
        return journal.before in found.old or not journal.old_checkpoint
    return found.data.inode == journal.inode or found.data.checkpoint == journal.old_checkpoint


def needed_segments(aim: Target, backup: Backup, reach: Reach, point: int | None) -> int:
    """The number of the last segment that the target needs."""
    numbers = [one.number for one in reach.segments]
    if aim.kind == TIME:
        return next((one.number for one in reach.segments if one.archived >= aim.moment), numbers[-1])
    position = aim.lsn if aim.lsn is not None else point
    if position is not None:
        return segment_of(max(0, position - 1), reach.size)
    return numbers[-1] if aim.kind == LATEST else next((n for n in numbers if n * reach.size >= _stop(backup)), numbers[-1])


def described(prospect: Prospect | None) -> Mapping[str, Any]:
    """The prospect as a module reports it."""
    if prospect is None:
        return {}
    backup, needed, foreseen = prospect.backup, prospect.needed, prospect.forecast
    return {
        "backup": {"label": backup.label, "repository": backup.repository, "stopped": moment(backup.stop), "bytes": backup.size},
        "wal": {"first": needed.first, "last": needed.last, "count": len(needed.segments), "bytes": needed.stored},
        "timeline": needed.timeline,
        "missing": prospect.reach.missing,
        "latest": {"time": moment(prospect.latest) if prospect.latest else "", "lsn": lsn_text(prospect.record)},
        "room": {"needed": prospect.room.needed, "free": prospect.room.free},
        "seconds": round(foreseen.seconds, 1) if foreseen else None,
        "measurements": foreseen.measurements if foreseen else 0,
    }


def _stop(backup: Backup) -> int:
    high, _slash, low = backup.lsn_stop.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def _is_same(wanted: Restoration, journal: Journal | None, stage: str) -> bool:
    if journal is None or (journal.stage, journal.aim) != (stage, wanted.aim.shown):
        return False
    return wanted.source.backup in ("", journal.backup)


def _cleaning(found: Found) -> Iterator[Step]:
    journal = found.journal
    if journal and journal.stage == READY and found.data.inode == journal.inode:
        yield _swap(found, journal.before)
    elif journal and journal.stage != DONE:
        yield Step(CLEAN, journal.beside, f"left by a restore to {journal.aim} that did not end", "")


def _restoring(wanted: Restoration, found: Found, prospect: Prospect) -> Iterator[Step]:
    beside, backup, needed = f"{found.data.path}.restore-{found.stamp}", prospect.backup, prospect.needed
    restored = f"{backup.label} of repository {backup.repository}, {size(backup.size)}"
    reuse = to_reuse(wanted, found)
    yield Step(RESTORE, beside, f"the data kept as {reuse}" if reuse else "", restored, reuse)
    yield Step(RECOVER, beside, f"{backup.label}", f"{wanted.aim.shown}, with {len(needed.segments)} segments to {needed.last}")
    names = listed(["system identifier", "catalogs", *(check.name for check in wanted.checks)])
    yield Step(CHECK, beside, "", names)
    yield _swap(found, f"{found.data.path}.before-{found.stamp}")


def _swap(found: Found, before: str) -> Step:
    was = f"the data of before, to be kept as {before}" if not found.data.is_empty else "nothing"
    return Step(SWAP, found.data.path, was, "the restored data")


def _end(prospect: Prospect) -> str:
    lsn = lsn_text(prospect.record)
    if prospect.latest is None:
        return f"the last position within reach is {lsn}"
    return f"the latest time within reach is before {_exact(prospect.latest)}, when its last transaction ended (LSN {lsn})"


def _why(prospect: Prospect) -> str:
    if prospect.reach.missing:
        return f", for the segment {prospect.reach.missing} is missing"
    return "; the target latest recovers all that there is"


def _exact(when: float) -> str:
    return Target(TIME, float(when)).written


def size(count: int) -> str:
    """Bytes for people."""
    return f"{count / 1024**3:.1f} GiB" if count >= 1024**3 else f"{count / 1024**2:.0f} MiB"
