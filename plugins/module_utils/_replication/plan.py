# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What makes a standby, takes one away, and brings a former primary back; and everything for which that is refused."""

from __future__ import annotations

from collections.abc import Iterator

from .._backup.restore_plan import demand_room
from .._core.plan import Plan, Step
from .joining import Joining, Membership
from .model import REMOVED, REWINDING, Local, NotAStandby, NotConfirmed, NotThisCluster, PrimaryRuns, Server, SlotInUse
from .ready import caught_up, follows, lag_told

CLEAN, SLOT, COPY, REWIND, CONFIGURE, SWAP, START, AWAIT = (
    "clean", "slot", "copy", "rewind", "configure", "swap", "start", "await",
)  # fmt: skip
STOP, FENCE, DROP, TIDY = "stop", "fence", "drop", "tidy"
REJOINED = "rejoined"


def plan_standby(wanted: Membership, found: Joining) -> Plan:
    """A standby that follows the primary through its slot, and is not too far behind."""
    demand_primary(found)
    demand_not_primary(found.local)
    demand_standby(wanted, found)
    return _joined(wanted, found)


def plan_rejoined(wanted: Membership, found: Joining) -> Plan:
    """A former primary, stopped, becomes a standby of the one that is primary now."""
    demand_primary(found)
    demand_not_primary(found.local)
    if not found.local.system_id:
        raise NotAStandby(f"{found.local.data} holds no data that could be rejoined: make a new standby with state: present")
    demand_same(found)
    return _joined(wanted, found)


def plan_absent(wanted: Membership, found: Joining) -> Plan:
    """The standby is stopped and cannot start by itself any more; then its slot goes, which would keep the log for ever."""
    local = found.local
    demand_primary(found)
    demand_not_primary(local)
    if local.system_id:
        demand_same(found)
    return Plan(tuple(_leaving(wanted, found)))


def plan_forgotten(wanted: Membership, found: Joining) -> Plan:
    """Only the slot goes, of a standby whose host is lost."""
    demand_primary(found)
    slot = found.upstream.slot_named(wanted.slot)
    if slot and slot.active:
        raise SlotInUse(
            f"the slot {wanted.slot} is in use: {lag_told(found.upstream, wanted.slot)}. Take that standby away with "
            "state: absent on its host; nothing was dropped"
        )
    return Plan(tuple(_drop(wanted, found.upstream)))


def demand_primary(found: Joining) -> None:
    """Nobody follows a standby by mistake."""
    if found.upstream.in_recovery:
        raise NotThisCluster("the server that was named as the primary is itself a standby: name the one that takes writes")


def demand_not_primary(local: Local) -> None:
    if local.server and not local.server.in_recovery:
        raise PrimaryRuns(
            f"a primary runs on {local.data}: nothing was touched. To make a standby of it, fence it first "
            "(replication_primary with state: fenced)"
        )


def demand_same(found: Joining) -> None:
    if found.local.system_id != found.upstream.system_id:
        raise NotThisCluster(
            f"{found.local.data} belongs to another cluster: its system identifier is {found.local.system_id}, the primary's "
            f"{found.upstream.system_id}. Is this the right host? Nothing was touched"
        )


def demand_standby(wanted: Membership, found: Joining) -> None:
    """What lies there may only be nothing, or a standby of this cluster."""
    local = found.local
    if local.is_empty:
        return
    if not local.system_id:
        raise NotAStandby(f"{local.data} is not empty and holds no data of PostgreSQL: see what it is, and move it away")
    demand_same(found)
    if not local.is_standby and not local.fenced:
        raise NotAStandby(
            f"{local.data} is no standby: it is the data of a primary of this cluster that is stopped. If {wanted.host} shall "
            "follow, use state: rejoined; nothing was touched"
        )


def demand_copyable(wanted: Membership, found: Joining) -> None:
    """A copy can be made, has room, and replaces nothing that nobody gave up."""
    local, upstream = found.local, found.upstream
    if local.is_mount:
        raise NotAStandby(f"{local.data} is a mount point or a link and cannot change places: use a directory below it")
    if local.tablespaces or upstream.tablespaces:
        raise NotAStandby("the cluster has tablespaces, which are not copied here: make this standby by hand with pg_basebackup")
    demand_room(local.data.rpartition("/")[0] or "/", found.room)
    if not local.is_empty and wanted.confirm != wanted.word:
        raise NotConfirmed(
            f"{_why(found)}, so the data of {local.data} is replaced by a copy of the primary's, and kept beside. Nothing was "
            f'touched. If you mean that, give confirm: "{wanted.word}"',
            confirm=wanted.word,
        )


def demand_given_up(wanted: Membership, local: Local) -> None:
    """What only a primary has, somebody must give up: it may have acknowledged that to customers.

    One that handed over has nothing alone; of one that was fenced without a successor somebody gave it up then, in words.
    """
    was_standby = local.is_standby and not local.fenced
    proven = local.record is not None and local.record.proof is not None
    if not was_standby and not proven and wanted.confirm != wanted.word:
        raise NotConfirmed(
            f"{local.data} was a primary and has log that the primary of now has not: pg_rewind would take away what it "
            f'acknowledged alone. Nothing was touched. If you mean that, give confirm: "{wanted.word}"',
            confirm=wanted.word,
        )


def can_follow(found: Joining) -> bool:
    """The data as it is, or once it is rewound, can go on from the primary's log."""
    local, rehearsal = found.local, found.rehearsal
    if not local.system_id or local.stage == REWINDING or both_wrote(found):
        return False
    return has_log(found) and (rehearsal is None or rehearsal.possible)


def both_wrote(found: Joining) -> bool:
    """Two that were primaries on one timeline: nothing tells where they parted, and pg_rewind would find no difference."""
    local, proof = found.local, found.local.record.proof if found.local.record else None
    wrote = proof.timeline if proof else 0 if local.server or local.is_standby else local.timeline
    return wrote == found.upstream.timeline


def has_log(found: Joining) -> bool:
    """The primary still has the log from where the data here ends."""
    local = found.local
    return (local.server.position if local.server else local.checkpoint) >= found.upstream.oldest


def _joined(wanted: Membership, found: Joining) -> Plan:
    local = found.local
    if follows(local, found.desired, wanted.slot) and can_follow(found) and not local.fenced:
        steps = [*_slot(wanted, found)] if found.upstream.slot_named(wanted.slot) is None else []
        late = [] if caught_up(found.upstream, wanted.slot, wanted.bounds) else [_await(wanted, found)]
        return Plan((*steps, *late))
    return Plan(tuple(_steps(wanted, found)))


def _steps(wanted: Membership, found: Joining) -> Iterator[Step]:
    local = found.local
    yield from (Step(CLEAN, path, "left by a copy that did not end", "") for path in local.left)
    yield from _slot(wanted, found)
    if can_follow(found):
        yield from _following(wanted, found)
    else:
        yield from _copying(wanted, found)
    yield _await(wanted, found)


def _following(wanted: Membership, found: Joining) -> Iterator[Step]:
    local, rehearsal = found.local, found.rehearsal
    if rehearsal and rehearsal.needed:
        demand_given_up(wanted, local)
        yield Step(REWIND, local.data, f"timeline {local.timeline}", f"timeline {found.upstream.timeline}, by pg_rewind")
    yield Step(CONFIGURE, local.data, _following_now(local), f"a standby through the slot {wanted.slot}")
    if not local.server:
        yield Step(START, local.data, "stopped", "a standby")
    if local.fenced or (wanted.state == REJOINED and not local.server):
        yield Step(TIDY, local.data, "may keep log for those who followed it", "keeps none")


def _copying(wanted: Membership, found: Joining) -> Iterator[Step]:
    """Beside, then in its place: at every moment what lies there is the old or the new, whole."""
    demand_copyable(wanted, found)
    local, beside = found.local, f"{found.local.data}.standby-{found.stamp}"
    yield Step(COPY, beside, "", f"a copy of the primary, {found.upstream.size} bytes, for: {_why(found)}")
    yield Step(CONFIGURE, beside, "", f"a standby through the slot {wanted.slot}")
    if local.server:
        yield Step(STOP, local.data, "a standby that cannot follow", "stopped")
    kept = "" if local.is_empty else f"the data of before, to be kept as {local.data}.before-{found.stamp}"
    yield Step(SWAP, local.data, kept, "the copy")
    yield Step(START, local.data, "stopped", "a standby")


def _leaving(wanted: Membership, found: Joining) -> Iterator[Step]:
    local = found.local
    if local.pid:
        yield Step(STOP, local.data, "a standby", "stopped")
    if local.system_id and (local.stage != REMOVED or not local.is_standby):
        yield Step(FENCE, local.data, "free to start", "cannot start by itself, nor as a primary")
    yield from _drop(wanted, found.upstream)


def _slot(wanted: Membership, found: Joining) -> Iterator[Step]:
    if found.upstream.slot_named(wanted.slot) is None:
        yield Step(SLOT, wanted.slot, "", "a replication slot on the primary")


def _drop(wanted: Membership, upstream: Server) -> Iterator[Step]:
    if slot := upstream.slot_named(wanted.slot):
        yield Step(DROP, wanted.slot, f"keeps {slot.kept} bytes of log", "")


def _await(wanted: Membership, found: Joining) -> Step:
    return Step(AWAIT, wanted.slot, lag_told(found.upstream, wanted.slot), f"at most {wanted.bounds.lag} bytes behind")


def _following_now(local: Local) -> str:
    return f"follows {local.server.upstream or 'nobody'}" if local.server else local.role


def _why(found: Joining) -> str:
    """Why a copy is made where something else might have done."""
    if found.local.is_empty:
        return "there is no data yet"
    if found.local.stage == REWINDING:
        return "an earlier pg_rewind did not end"
    if both_wrote(found):
        return "both were primaries on one timeline"
    if not has_log(found):
        return "the primary no longer has the log from where the data here ends"
    return found.rehearsal.words if found.rehearsal and found.rehearsal.words else "the data cannot follow the primary"
